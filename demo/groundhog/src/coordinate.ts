/** Runs a deal once: starts the agent processes, lets them go at one moment, and collects what they say. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EntryId, RecordRef } from "@herdmind/protocol";
import type { Deal } from "./deal.js";
import { type FromAgent, instant, type TaskDone, type ToAgent } from "./messages.js";
import type { Progress } from "./progress.js";

export interface Acknowledged {
  readonly ref: RecordRef;
  readonly id: EntryId;
  readonly kind: "signal" | "outcome";
  readonly agent: string;
  readonly calledAt: number;
}

/** All that happened in one run. */
export interface RunLog {
  /** From the common start to the last agent's last task. */
  readonly wallMs: number;
  readonly tasks: readonly (TaskDone & { readonly agent: string })[];
  readonly acknowledged: readonly Acknowledged[];
  /** When each entry became recallable at each agent. */
  readonly immunizedAt: ReadonlyMap<EntryId, ReadonlyMap<string, number>>;
}

export interface CoordinateOptions {
  readonly deal: Deal;
  readonly dir: string;
  readonly ticket: string | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Called after each task, with how many are done. */
  readonly onTask?: (done: number) => void;
  /** Called when all agents are done, before they are told to stop. */
  readonly beforeStop?: (log: RunLog) => Promise<void>;
}

/** A stopped agent closes its node in well under this; after that it is killed. */
const STOP_MS = 10_000;

const program = fileURLToPath(new URL("agent-process.js", import.meta.url));

export const coordinate = async ({
  deal,
  dir,
  ticket,
  progress,
  signal,
  onTask = () => undefined,
  beforeStop,
}: CoordinateOptions): Promise<RunLog> => {
  signal.throwIfAborted();
  const tasks: (TaskDone & { agent: string })[] = [];
  const acknowledged: Acknowledged[] = [];
  const immunizedAt = new Map<EntryId, Map<string, number>>();
  const children: ChildProcess[] = [];

  const tell = (child: ChildProcess, message: ToAgent): void => {
    if (child.connected) child.send(message);
  };

  /** Resolves when the agent has said `type`; rejects when it fails or ends first. */
  const heard = (child: ChildProcess, name: string, type: FromAgent["type"]): Promise<void> =>
    new Promise((resolve, reject) => {
      child.on("message", (message: FromAgent) => {
        if (message.type === type) resolve();
        if (message.type === "failed") reject(new Error(`agent ${name}: ${message.message}`));
      });
      child.on("exit", (code, killedBy) =>
        reject(new Error(`agent ${name} ended early (${killedBy ?? `exit code ${code}`})`)),
      );
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });

  const listen = (agent: string, message: FromAgent): void => {
    progress.take(agent, message);
    if (message.type === "task") {
      tasks.push({ ...message, agent });
      onTask(tasks.length);
    }
    if (message.type === "acknowledged") acknowledged.push({ ...message, agent });
    if (message.type === "immunized") {
      const byAgent = immunizedAt.get(message.id) ?? new Map<string, number>();
      byAgent.set(agent, message.at);
      immunizedAt.set(message.id, byAgent);
    }
  };

  try {
    const finished: Promise<void>[] = [];
    const ready: Promise<void>[] = [];
    for (const hand of deal.agents) {
      const agentDir = join(dir, hand.name);
      await mkdir(agentDir, { recursive: true });
      const child = fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      children.push(child);
      child.on("message", (message: FromAgent) => listen(hand.name, message));
      ready.push(heard(child, hand.name, "ready"));
      const done = heard(child, hand.name, "finished");
      done.catch(() => undefined);
      finished.push(done);
      tell(child, { type: "assignment", deal: hand, dir: agentDir, ticket });
    }
    await Promise.all(ready);
    const startedAt = instant();
    for (const child of children) tell(child, { type: "start" });
    await Promise.all(finished);
    const log: RunLog = { wallMs: instant() - startedAt, tasks, acknowledged, immunizedAt };
    await beforeStop?.(log);
    return log;
  } finally {
    await Promise.all(children.map((child) => stopChild(child, tell)));
  }
};

const stopChild = async (child: ChildProcess, tell: (child: ChildProcess, message: ToAgent) => void): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  tell(child, { type: "stop" });
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
};
