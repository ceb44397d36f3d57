/** `herdmind dashboard`: the page of this machine's node, in the browser of whoever sits here. */
import { spawn } from "node:child_process";
import { askNode, ensureNode, socketPath } from "@herdmind/local/client";
import { EXIT, type ExitCode, refusedBy } from "./exit-codes.js";
import { rows } from "./output.js";
import { oneLine } from "./printable.js";
import type { Shell } from "./shell.js";

export interface DashboardFlags {
  /** `--no-open` */
  readonly open: boolean;
  readonly signOut?: boolean;
  readonly stop?: boolean;
}

export const dashboard = async (shell: Shell, { open, signOut, stop }: DashboardFlags): Promise<ExitCode> => {
  const { dir, output, interrupt } = shell;
  const ends = stop === true ? "serving" : signOut === true ? "sessions" : undefined;
  // What nobody started has nothing to end.
  const node = ends === undefined ? await ensureNode({ dir, signal: interrupt.signal }) : undefined;
  if (node?.ok === false) return output.fail(refusedBy("unavailable", node.refusal.message));
  const answered = await askNode(
    socketPath(dir),
    "dashboard",
    ends === undefined ? {} : { end: ends },
    interrupt.signal,
  );
  if (answered?.ok === false) return output.fail(refusedBy(answered.rule, answered.message));
  const made = answered?.value ?? { ended: 0, stopped: false };
  if ("ended" in made) {
    const { ended, stopped } = made;
    output.answer({ ended, stopped }, () => [
      `${ended === 1 ? "1 page was" : `${ended} pages were`} signed out${stopped ? "; HTTP is not served any more" : ""}`,
    ]);
    return EXIT.ok;
  }
  const { url, code, expiresAt, file } = made;
  const opened = open && (await openInBrowser(file));
  output.answer({ url, code, expiresAt, opened }, (paint) => [
    ...rows(paint, [
      ["dashboard", paint("bold", oneLine(url))],
      ["code", `${code}  ${paint("dim", "for its sign-in, once, within a minute")}`],
    ]),
    ...(opened ? ["", "It opens in your browser. If it does not: open the address and type the code."] : []),
  ]);
  return EXIT.ok;
};

/** Whether a program took it; whether that shows it, nobody says. */
const openInBrowser = (file: string): Promise<boolean> => {
  const { platform, env } = process;
  const isDesktop = platform === "darwin" || platform === "win32" || Boolean(env.DISPLAY ?? env.WAYLAND_DISPLAY);
  if (!isDesktop || env.SSH_CONNECTION) return Promise.resolve(false);
  const [program, args] =
    platform === "darwin" ? ["open", [file]] : platform === "win32" ? ["explorer.exe", [file]] : ["xdg-open", [file]];
  return new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
};
