/**
 * The node of a directory, started when somebody needs it. However many programs need it at once, one process is started: the
 * others wait for it. It runs detached, writes `node.log`, and ends by itself when nobody has used it for a while.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { accept, type Result, refuse } from "@herdmind/protocol";
import type { Inspected } from "./answers.js";
import { socketPath } from "./home.js";
import { askNode } from "./local-client.js";
import { lastError, nodeLogPath, openNodeLog } from "./node-log.js";

export interface EnsureOptions {
  readonly dir: string;
  /** Begins a swarm of this name when the directory holds no peer; default: that is refused. */
  readonly create?: string;
  /** Milliseconds without a request after which the node of a member ends; default 30 minutes. An orchestrator's does not end by itself. */
  readonly idleMs?: number;
  /** Serves HTTP on this port of the loopback, too; 0 for any. A node that serves it already goes on where it does. */
  readonly http?: number;
  /** Milliseconds to wait for it; default 20,000. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

export interface EnsuredNode {
  readonly socket: string;
  readonly pid: number;
  readonly swarmName: string;
  /** It was not there before, and this call started it. */
  readonly isNew: boolean;
}

const PROGRAM = fileURLToPath(new URL("./node-process.js", import.meta.url));
const PATIENCE_MS = 20_000;
/** Milliseconds that a turn may last beyond its owner's patience, on a machine that is busy. */
const OVERTIME_MS = 10_000;
/** A socket has no bell: it is tried again this often. */
const RETRY_MS = 50;

/** Refused when no node could be started; the message names its log and says why. Rejects when `signal` aborts. */
export const ensureNode = async (options: EnsureOptions): Promise<Result<EnsuredNode>> => {
  const { patienceMs = PATIENCE_MS, signal } = options;
  // The node's process works in it, and would look for a name like "./data" from there.
  const dir = resolve(options.dir);
  const deadline = performance.now() + patienceMs;
  let isNew = false;
  let why = "it did not answer in time";
  await mkdir(dir, { recursive: true, mode: 0o700 });
  // Named by where the directory really is, which nobody can say before it is there.
  const socket = socketPath(dir);
  do {
    const known = await whoIsThere(socket, deadline, signal);
    if (known !== undefined) {
      const ensured = { socket, pid: known.pid, swarmName: known.swarmName, isNew };
      if (options.http === undefined || isNew) return accept(ensured);
      const served = await askNode(socket, "serve", { port: options.http }, signal);
      if (served?.ok === false) return refuse("T3", "none", served.message);
      if (served !== undefined) return accept(ensured);
    }
    if (performance.now() >= deadline) break;
    const turn = await takeTurn(dir, deadline);
    if (turn !== undefined) {
      try {
        // Whoever had the turn before may have started it since this one looked.
        if ((await whoIsThere(socket, deadline, signal)) !== undefined) continue;
        const started = await start({ ...options, dir }, socket, deadline);
        if (!started.ok && started.refusal.rule !== "S2") return started;
        if (!started.ok) why = started.refusal.message;
        else isNew = true;
      } finally {
        await turn();
      }
    }
    await pause(RETRY_MS, undefined, signal === undefined ? {} : { signal });
  } while (performance.now() < deadline);
  return refuse("S4", "none", `The node of ${dir} could not be reached: ${why}. Its log is ${nodeLogPath(dir)}.`);
};

/**
 * Asks the node to end, and waits until its socket is gone. `none`: there was none. `hung`: it takes connections and does not answer, or
 * it does not end within `patienceMs`.
 */
export const stopNode = async (dir: string, patienceMs = 10_000): Promise<"stopped" | "none" | "hung"> => {
  const socket = socketPath(dir);
  const deadline = performance.now() + patienceMs;
  const late = AbortSignal.timeout(patienceMs);
  const ask = () => askNode(socket, "inspect", { what: "node" }, late).catch(() => "hung" as const);
  const found = await ask();
  if (found === undefined) return "none";
  const pid = found !== "hung" && found.ok ? found.value.node?.pid : undefined;
  if (pid === undefined) return "hung";
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    // It ended by itself since it answered.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
  while (performance.now() < deadline) {
    if ((await ask()) === undefined) return "stopped";
    await pause(RETRY_MS);
  }
  return "hung";
};

/** A process that hangs takes connections all the same: it is waited for until `deadline`, of the monotonic clock, and no longer. */
const whoIsThere = async (
  socket: string,
  deadline: number,
  signal?: AbortSignal,
): Promise<Inspected["node"] | undefined> => {
  const late = AbortSignal.timeout(Math.max(1, Math.ceil(deadline - performance.now())));
  const ending = signal === undefined ? late : AbortSignal.any([signal, late]);
  const answer = await askNode(socket, "inspect", { what: "node" }, ending).catch((error: Error) => {
    if (signal?.aborted === true) throw error;
    return undefined;
  });
  return answer?.ok === true ? answer.value.node : undefined;
};

/** One process at a time starts a node. Gives what ends the turn; `undefined`: another living process has it. */
const takeTurn = async (dir: string, deadline: number): Promise<(() => Promise<void>) | undefined> => {
  const file = join(dir, "node.starting");
  // By a link, so that the file is there with its content or not at all.
  const own = `${file}.${randomBytes(6).toString("hex")}`;
  const until = Date.now() + Math.ceil(deadline - performance.now()) + OVERTIME_MS;
  await writeFile(own, `${process.pid} ${until}`, { mode: 0o600 });
  try {
    await link(own, file);
    return () => rm(file, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const [pid = 0, last = Number.NaN] = (await readFile(file, "utf8").catch(() => "")).split(" ").map(Number);
    // Its owner was killed; after a restart of the machine its number may be another program's, so the time counts as well. Should two
    // find that out at once, both start a node, and the directory's lock lets one of them live.
    if (pid > 0 && (!isAlive(pid) || last < Date.now())) await rm(file, { force: true });
    return undefined;
  } finally {
    await rm(own, { force: true });
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

const start = async (
  { dir, create, idleMs, http, signal }: EnsureOptions,
  socket: string,
  deadline: number,
): Promise<Result<void>> => {
  const log = await openNodeLog(dir);
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      dir,
      ...(create === undefined ? [] : [`--create=${create}`]),
      ...(idleMs === undefined ? [] : [`--idle-ms=${idleMs}`]),
      ...(http === undefined ? [] : [`--http=${http}`]),
    ],
    // Of its own session, so that closing a terminal or an editor does not take it along; no terminal and no pipe to anybody.
    { detached: true, stdio: ["ignore", log.fd, log.fd], cwd: dir },
  );
  const ended = new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
    child.once("error", () => resolve(null));
  });
  child.unref();
  await log.close();
  const pid = child.pid ?? 0;
  let code: number | null | undefined;
  void ended.then((value) => {
    code = value;
  });
  while (performance.now() < deadline) {
    if ((await whoIsThere(socket, deadline, signal)) !== undefined) return accept(undefined);
    if (code !== undefined) {
      const why = (await lastError(dir, pid)) ?? `it ended with code ${code ?? "none"}`;
      // Another process has the directory: a command that will be done in a moment, or a node that will answer.
      return refuse(
        code === HELD ? "S2" : "S4",
        "none",
        `The node of ${dir} did not start: ${why} Its log is ${nodeLogPath(dir)}.`,
      );
    }
    await pause(RETRY_MS, undefined, signal === undefined ? {} : { signal });
  }
  return accept(undefined);
};

/** Exit code of a node whose directory another process holds. */
export const HELD = 75;
