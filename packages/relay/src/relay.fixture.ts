/** A relay with a hub peer for tests, and raw sockets that do what a client of ours would not. */
import type { Logs } from "@herdmind/log";
import { type LogId, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { decodeFrame, encodeFrame, type Frame } from "@herdmind/sync";
import { createTestSwarm, type SwarmPeer, type TestSwarm } from "@herdmind/testing";
import { WebSocket } from "ws";
import { createRelay, type Relay, type RelayOptions } from "./relay.js";
import { bytesOf } from "./ws-channel.js";

export interface TestRelay extends AsyncDisposable {
  readonly swarm: TestSwarm;
  /** The orchestrator; its logs are the relay's. */
  readonly hub: SwarmPeer;
  readonly relay: Relay;
}

export const startRelay = async (options: Partial<RelayOptions> = {}): Promise<TestRelay> => {
  const swarm = await createTestSwarm(() => createMemoryStorage());
  const hub = await swarm.peer("orchestrator");
  const started = await createRelay({ logs: hub.logs, ...options });
  if (!started.ok) throw new Error(started.fault.message);
  const relay = started.value;
  return {
    swarm,
    hub,
    relay,
    async [Symbol.asyncDispose]() {
      await relay.close();
      await swarm.close();
    },
  };
};

export const until = async (condition: () => boolean): Promise<void> => {
  // Not the test's own time limit: only an exception makes fast-check print the seed.
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("it did not come to pass in 20 s");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

export const logOf = (peer: SwarmPeer): LogId => peer.writer.log as LogId;
export const same = (a: Logs, b: Logs, log: LogId): boolean =>
  a.get(log) !== undefined && a.get(log)?.hash === b.get(log)?.hash;

/** What one socket saw. */
export interface RawClient {
  readonly socket: WebSocket;
  readonly frames: Frame[];
  readonly messages: Uint8Array[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly opened: Promise<void>;
  send(frame: Frame): void;
}

/** A bare socket to a path, with these subprotocols. */
export const rawClient = (url: string, protocols: readonly string[]): RawClient => {
  const socket = new WebSocket(url, [...protocols]);
  const frames: Frame[] = [];
  const messages: Uint8Array[] = [];
  socket.on("message", (data) => {
    const bytes = bytesOf(data);
    messages.push(bytes);
    const frame = decodeFrame(bytes);
    if (frame.ok && frame.value !== undefined) frames.push(frame.value);
  });
  socket.on("error", () => {
    // The close event tells.
  });
  return {
    socket,
    frames,
    messages,
    closed: new Promise((resolve) =>
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })),
    ),
    opened: new Promise((resolve) => socket.on("open", () => resolve())),
    send: (frame) => socket.send(encodeFrame(frame)),
  };
};

export const protocolsFor = async (peer: SwarmPeer, nowMs?: number): Promise<string[]> => [
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX + (await peer.token(nowMs)),
];
