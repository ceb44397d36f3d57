/** Where assistants keep what is theirs, on each system. All of it comes from the environment, so that a test can move it. */
import { join } from "node:path";

export interface Places {
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: NodeJS.Platform;
  /** The directory of the project, for what is installed in a project. */
  readonly project: string;
  /** Whether something is there: some assistants take a file by one of two names. */
  exists(path: string): boolean;
}

export const homeOf = ({ env, platform }: Places): string =>
  (platform === "win32" ? env.USERPROFILE : env.HOME) ?? env.HOME ?? "/";

/** A directory that a variable may move. */
export const movable = (places: Places, variable: string, ...otherwise: readonly string[]): string => {
  const moved = places.env[variable];
  return moved === undefined || moved === "" ? join(homeOf(places), ...otherwise) : moved;
};

/** `~/.config`, or where XDG has it. */
export const configHome = (places: Places): string => movable(places, "XDG_CONFIG_HOME", ".config");

/** What programs with a window keep for a user: `~/.config`, `~/Library/Application Support`, `%APPDATA%`. */
export const applicationData = (places: Places): string => {
  if (places.platform === "darwin") return join(homeOf(places), "Library", "Application Support");
  return places.platform === "win32" ? movable(places, "APPDATA", "AppData", "Roaming") : configHome(places);
};
