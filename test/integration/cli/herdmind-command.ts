// Runs the built `herdmind` command as a user does: a process of its own, pipes, signals.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const main = resolve(import.meta.dirname, "../../../packages/cli/dist/main.js");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Standard input does not end after it. */
  readonly isOpen?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** No terminal, no CI, no colour forced, and a data home that is not the user's. */
const environment = (home: string, env: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env.PATH ?? "",
  HOME: home,
  HERDMIND_HOME: home,
  ...env,
});

export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with the first line of stdout, seen or to come, that matches. Rejects when the process ends without one. */
  line(matches: RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
  signal(name: NodeJS.Signals): void;
  /** Ctrl-C, and how it ended. */
  interrupt(): Promise<Ended>;
}

export interface Machine extends Disposable {
  /** A fresh path below this machine's folder; nothing is made there. */
  dir(name: string): string;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  start(args: readonly string[], options?: RunOptions): Running;
}

/** A folder for the directories of one test, and processes that end with it. */
export const createMachine = (): Machine => {
  const folder = mkdtempSync(join(tmpdir(), "herdmind-cli-"));
  const children = new Set<ChildProcessWithoutNullStreams>();

  const start = (args: readonly string[], { input, isOpen = false, env }: RunOptions = {}): Running => {
    const child = spawn(process.execPath, [main, ...args], { env: environment(folder, env), cwd: folder });
    children.add(child);
    let stdout = "";
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stdin.on("error", () => undefined);
    if (isOpen) child.stdin.write(input ?? "");
    else child.stdin.end(input ?? "");
    const seen: string[] = [];
    const waiting = new Set<(line: string) => void>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      seen.push(line);
      for (const take of [...waiting]) take(line);
    });
    const ended = new Promise<Ended>((done) => {
      child.on("close", (code) => {
        children.delete(child);
        done({ code, stdout, stderr });
      });
    });
    return {
      pid: child.pid ?? -1,
      ended,
      line: (matches) => {
        const known = seen.find((line) => matches.test(line));
        if (known !== undefined) return Promise.resolve(known);
        return new Promise((found, failed) => {
          const take = (line: string): void => {
            if (!matches.test(line)) return;
            waiting.delete(take);
            found(line);
          };
          waiting.add(take);
          void ended.then(({ code }) =>
            failed(new Error(`${args.join(" ")} ended (${code}) without a line like ${matches}:\n${stdout}${stderr}`)),
          );
        });
      },
      signal: (name) => void child.kill(name),
      interrupt: () => {
        child.kill("SIGINT");
        return ended;
      },
      [Symbol.asyncDispose]: async () => {
        child.kill("SIGKILL");
        await ended;
      },
    };
  };

  return {
    dir: (name) => join(folder, name),
    start,
    run: (args, options) => start(args, options).ended,
    [Symbol.dispose]: () => {
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** What `--json` promises: exactly one JSON document, on one line. */
export const documentOf = <T>({ stdout, stderr, code }: Ended): T => {
  const lines = stdout.split("\n");
  if (lines.length !== 2 || lines[1] !== "") throw new Error(`not one document (exit ${code}): ${stdout}${stderr}`);
  return JSON.parse(lines[0] as string) as T;
};

/** The one failure on stderr that `--json` promises; stdout has nothing. */
export const failureOf = ({
  stdout,
  stderr,
}: Ended): { readonly ok: boolean; readonly rule: string; readonly message: string } => {
  if (stdout !== "") throw new Error(`stdout of a failure: ${stdout}`);
  return JSON.parse(stderr) as { ok: boolean; rule: string; message: string };
};

export interface UpDocument {
  readonly swarm: string;
  readonly swarmName: string;
  readonly ticket: string;
  readonly addresses: readonly string[];
  readonly socket: string;
  readonly pid: number;
}

/** A swarm that is up in `dir`, on any free port. */
export const startSwarm = async (
  machine: Machine,
  dir: string,
  ...args: readonly string[]
): Promise<{ readonly node: Running; readonly up: UpDocument }> => {
  const node = machine.start(["up", "--json", "--port", "0", "--dir", dir, ...args]);
  return { node, up: JSON.parse(await node.line(/^\{/)) as UpDocument };
};

/** A member's node that stays up, in `dir`. */
export const startMember = async (machine: Machine, dir: string, ticket: string, name: string): Promise<Running> => {
  const node = machine.start(["join", ticket, "--name", name, "--dir", dir, "--json"]);
  await node.line(/^\{/);
  return node;
};
