/**
 * The process of a node that was started on demand: `node-process.js DIR [--create=NAME] [--idle-ms=N] [--http=PORT]`. Opens the directory, serves
 * its local socket, and ends cleanly on SIGTERM, SIGINT, or when nobody has used it for a while.
 */
import { parseArgs } from "node:util";
import { createSwarm, isHerdmindError, type Logger, openNode, type Peer } from "herdmind";
import { listenAt, readAddress } from "./address.js";
import { HELD } from "./ensure-node.js";
import { nodeLogOf } from "./observe-node.js";
import { serveNode } from "./serve-node.js";

/** Milliseconds: an editor that is left alone over lunch finds its node again at once. */
const IDLE_MS = 30 * 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { create: { type: "string" }, "idle-ms": { type: "string" }, http: { type: "string" } },
});
const dir = positionals[0];
const idleMs = Number(values["idle-ms"] ?? IDLE_MS);

/** Whatever the directory holds, as it was up last. */
const openPeer = async (path: string, logger: Logger): Promise<Peer> => {
  const saved = await readAddress(path);
  const options = { dir: path, logger };
  const relay = saved === undefined ? false : ({ host: saved.host, port: saved.port } as const);
  const listen = saved?.meshPort === undefined ? undefined : listenAt(saved.host, saved.meshPort);
  const mesh = listen === undefined ? {} : { mesh: { listen } };
  try {
    return await openNode({ ...options, relay, ...mesh });
  } catch (error) {
    if (values.create === undefined || !isHerdmindError(error) || error.refusal.rule !== "S1") throw error;
    return createSwarm({ ...options, name: values.create, relay: false });
  }
};

const ending = new AbortController();
for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(name, () => ending.abort(name));

const run = async (path: string, log: Logger): Promise<number> => {
  const failed = (message: string): number => {
    log({ level: "error", event: "node.failed", message });
    return 1;
  };
  await using peer = await openPeer(path, log);
  const place = values.http === undefined ? {} : { http: true, place: { port: Number(values.http) } };
  const served = await serveNode(peer, { dir: path, log, ...place });
  if (!served.ok) return failed(served.refusal.message);
  await using node = served.value;
  await new Promise<void>((resolve) => {
    const end = (why: string): void => {
      clearInterval(timer);
      log({ level: "info", event: "node.ending", message: why });
      resolve();
    };
    // Others may depend on an orchestrator that can be reached: it stays until it is told to end.
    const mayIdle = peer.role !== "orchestrator" || peer.addresses.length === 0;
    const timer = setInterval(
      () => {
        if (mayIdle && node.idleMs() >= idleMs) end(`nobody has used it for ${Math.round(idleMs / 1000)} s`);
      },
      Math.min(idleMs, 5000),
    );
    ending.signal.addEventListener("abort", () => end(String(ending.signal.reason)), { once: true });
    if (ending.signal.aborted) end(String(ending.signal.reason));
  });
  return 0;
};

if (dir === undefined) {
  process.stderr.write("The directory is missing.\n");
  process.exitCode = 2;
} else {
  using nodeLog = await nodeLogOf(dir);
  const failed = (error: unknown, message: string): void =>
    nodeLog.log({
      level: "error",
      event: "node.failed",
      message,
      ...(isHerdmindError(error) ? { fields: { rule: error.refusal.rule } } : {}),
    });
  // Node ends by it, and prints it as it likes; here it stands as a line like any other.
  process.on("uncaughtExceptionMonitor", (error) => failed(error, error.stack ?? String(error)));
  try {
    process.exitCode = await run(dir, nodeLog.log);
  } catch (error) {
    failed(error, error instanceof Error ? error.message : String(error));
    process.exitCode = isHerdmindError(error) && error.refusal.rule === "S2" ? HELD : 1;
  }
  // All is closed. A collector of spans that is gone would be tried again for seconds.
  process.exit();
}
