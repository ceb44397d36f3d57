/**
 * One of several programs that write at the same moment into one store: the memory of a swarm, from a node of its own; a JSON file that is
 * read, changed and replaced; the official memory server of the Model Context Protocol, a process for each client, as assistants start it;
 * a Y.Map behind y-websocket.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { join } from "herdmind";
import * as encoding from "lib0/encoding";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { serve } from "../frame/serve.ts";
import { reportOf } from "../load/signals.ts";

type Lessons = { [key: string]: string };
/** A writer of some store: `put` resolves when the store has acknowledged. */
interface Store {
  put(key: string, text: string): Promise<unknown>;
  read(): Promise<Lessons>;
}

const swarmMemory = async (ticket: string, dir: string): Promise<Store> => {
  const peer = await join(ticket, { name: `writer ${process.pid}`, dir });
  await peer.synced(AbortSignal.timeout(60_000));
  const lessons = peer.memory("lessons");
  return {
    put: async (key, text) => {
      const written = await lessons.write([{ op: "put", key, value: text }], { waitMs: 60_000 });
      if (!written.ok) throw new Error(written.refusal.message);
      const { status } = written.value.verdict;
      if (status !== "admitted") throw new Error(`a write to the memory is ${status}`);
    },
    read: async () => Object.fromEntries((await lessons.list()).map(({ key, value }) => [key, String(value)])),
  };
};

const file = (path: string): Store => {
  const read = async (): Promise<Lessons> => JSON.parse(await readFile(path, "utf8").catch(() => "{}"));
  return {
    put: async (key, text) => {
      const lessons = await read();
      const temporary = `${path}.${process.pid}`;
      await writeFile(temporary, JSON.stringify({ ...lessons, [key]: text }));
      await rename(temporary, path);
    },
    read,
  };
};

const memoryServer = async (path: string): Promise<Store> => {
  const program = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-memory/dist/index.js");
  const client = new Client({ name: "bench", version: "0" });
  const env = { ...process.env, MEMORY_FILE_PATH: path } as Record<string, string>;
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [program], env, stderr: "ignore" }));
  const call = (name: string, given: Record<string, unknown>) => client.callTool({ name, arguments: given });
  const read = async (): Promise<Lessons> => {
    const { structuredContent } = await call("read_graph", {});
    const { entities } = structuredContent as { entities: { name: string; observations: string[] }[] };
    return Object.fromEntries(entities.map(({ name, observations }) => [name, observations.join("\n")]));
  };
  return {
    put: async (key, text) => {
      const before = (await read())[key];
      if (before === undefined)
        return call("create_entities", { entities: [{ name: key, entityType: "lesson", observations: [text] }] });
      await call("delete_observations", { deletions: [{ entityName: key, observations: before.split("\n") }] });
      return call("add_observations", { observations: [{ entityName: key, contents: [text] }] });
    },
    read,
  };
};

/** In the wire form of y-protocols: a sync message, of step 1, with what is known. */
const whatIsNew = (doc: Y.Doc): Uint8Array<ArrayBuffer> => {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint8Array(encoder, Y.encodeStateVector(doc));
  return encoding.toUint8Array(encoder);
};

const yjs = async (url: string): Promise<Store> => {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(url, "lessons", doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  await new Promise<void>((resolve) => provider.on("sync", (synced: boolean) => synced && resolve()));
  const lessons = doc.getMap<string>("lessons");
  // Nothing acknowledges an update. But the server reads a connection in order: when it answers the question what is new, which the
  // provider asks when it connects, it has read what was sent before, and the answer holds what others have sent.
  const arrived = () =>
    new Promise<void>((resolve) => {
      provider.synced = false;
      provider.once("sync", () => resolve());
      provider.ws?.send(whatIsNew(doc));
    });
  return {
    put: async (key, text) => {
      lessons.set(key, text);
      await arrived();
    },
    read: async () => {
      await arrived();
      return lessons.toJSON() as Lessons;
    },
  };
};

const stores = { memory: swarmMemory, file, "memory-server": memoryServer, yjs };
let store: Store | undefined;
const opened = (): Store => {
  if (store === undefined) throw new Error("no store is open");
  return store;
};

serve({
  /** `dir`: of this process alone. */
  open: async (kind: keyof typeof stores, place: string, dir: string) => {
    store = await stores[kind](place, dir);
  },
  /** Writes so many lessons, one after the other. */
  write: async (first: number, count: number) => {
    for (let n = first; n < first + count; n++) await opened().put(`lesson ${n}`, reportOf(n).mitigation.text);
  },
  /** How many of the lessons 0 to `count` (exclusive) stand there as they were written. */
  kept: async (count: number) => {
    const lessons = await opened().read();
    return Array.from({ length: count }, (_, n) => n).filter(
      (n) => lessons[`lesson ${n}`] === reportOf(n).mitigation.text,
    ).length;
  },
  /** Puts another remedy into the lessons of others. */
  change: async (keys: readonly number[]) => {
    for (const n of keys) await opened().put(`lesson ${n}`, "rm -rf the volume");
  },
  /** How many of these lessons show the other remedy. */
  changed: async (keys: readonly number[]) => {
    const lessons = await opened().read();
    return keys.filter((n) => lessons[`lesson ${n}`] === "rm -rf the volume").length;
  },
});
