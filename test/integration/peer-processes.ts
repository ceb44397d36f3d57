/** Starts peers as real processes, kills them, and asks them what they hold. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { FromPeer, Held, Ref, ToPeer } from "./processes/messages.ts";

const program = fileURLToPath(new URL("processes/peer-process.ts", import.meta.url));

export interface PeerProcess {
  readonly name: string;
  /** The orchestrator's. */
  readonly ticket: string | undefined;
  /** Everything acknowledged that reached this process before it died. */
  readonly acknowledged: readonly Ref[];
  readonly verdicts: ReadonlyMap<string, number>;
  tell(message: ToPeer): void;
  held(): Promise<Held>;
  /** Resolves when the peer has said it. */
  said(type: FromPeer["type"]): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** A free port of this machine, so that a killed relay comes back at the address that tickets name. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
};

export const startPeer = async (name: string, args: readonly string[]): Promise<PeerProcess> => {
  const child: ChildProcess = fork(program, [...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const acknowledged: Ref[] = [];
  const verdicts = new Map<string, number>();
  const waiting = new Set<{
    readonly type: FromPeer["type"];
    readonly resolve: (message: FromPeer) => void;
    readonly reject: (error: Error) => void;
  }>();
  child.on("message", (message: FromPeer) => {
    if (message.type === "acknowledged") acknowledged.push(message.ref);
    if (message.type === "verdict") verdicts.set(message.status, (verdicts.get(message.status) ?? 0) + 1);
    for (const one of waiting) {
      if (one.type === message.type) {
        waiting.delete(one);
        one.resolve(message);
      } else if (message.type === "failed") {
        waiting.delete(one);
        one.reject(new Error(`${name}: ${message.message}`));
      }
    }
  });
  child.on("exit", (code, signal) => {
    for (const one of waiting) one.reject(new Error(`${name} ended: ${signal ?? code}`));
    waiting.clear();
  });
  const hear = (type: FromPeer["type"]): Promise<FromPeer> => {
    const promise = new Promise<FromPeer>((resolve, reject) => waiting.add({ type, resolve, reject }));
    // Whoever awaits it sees the rejection; a peer that is killed on purpose is awaited by nobody.
    promise.catch(() => undefined);
    return promise;
  };
  const ready = await hear("ready");
  const tell = (message: ToPeer): void => {
    if (child.connected) child.send(message);
  };
  const ended = async (end: () => void): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    end();
    await exit;
  };
  return {
    name,
    ticket: ready.type === "ready" ? ready.ticket : undefined,
    acknowledged,
    verdicts,
    tell,
    said: async (type) => {
      await hear(type);
    },
    held: async () => {
      const answer = hear("held");
      tell({ type: "held" });
      const message = await answer;
      if (message.type !== "held") throw new Error("unreachable");
      return message.held;
    },
    kill: () => ended(() => child.kill("SIGKILL")),
    stop: () => ended(() => tell({ type: "stop" })),
  };
};

/** Asks again and again until the answer will do; the last answer is in the error when it never does. */
export const until = async <T>(
  ask: () => Promise<T>,
  enough: (answer: T) => boolean,
  what: string,
  ms = 60_000,
): Promise<T> => {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (enough(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
