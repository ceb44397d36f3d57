/** Where a command's program is, the way a shell looks for it, to say what a shell would say when there is none. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, resolve } from "node:path";

export type Found = "found" | "missing" | "forbidden";

const look = (path: string): Found => {
  try {
    if (statSync(path).isDirectory()) return "forbidden";
    accessSync(path, constants.X_OK);
    return "found";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "forbidden" : "missing";
  }
};

export const findProgram = (name: string, cwd: string, path: string | undefined): Found => {
  if (process.platform === "win32") return "found";
  if (name.includes("/")) return look(resolve(cwd, name));
  if (name === "" || name.startsWith("-")) return "missing";
  const looks = (path ?? "/usr/bin:/bin").split(delimiter).map((folder) => look(resolve(cwd, folder, name)));
  if (looks.includes("found")) return "found";
  return looks.includes("forbidden") ? "forbidden" : "missing";
};
