// Runs a tool of the project to its end and hands back what it said.
import { spawn } from "node:child_process";

export interface ToolResult {
  /** Exit code; a signal that ended the tool counts as 1. */
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

export interface ToolOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the tool when it aborts. */
  readonly signal?: AbortSignal;
}

/** Runs one Node script on the Node that runs the tests. */
export const runTool = (args: readonly string[], { cwd, env, signal }: ToolOptions): Promise<ToolResult> =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      killSignal: "SIGKILL",
      ...(signal && { signal }),
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("error", (error) => (error.name === "AbortError" ? undefined : failed(error)));
    child.on("close", (code) =>
      done({ code: code ?? 1, output: signal?.aborted ? `${output}\nended: it took too long` : output }),
    );
  });
