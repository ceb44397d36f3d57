/** How a node reaches the swarm, over all of its transports together. */
import type { Transport, TransportState } from "@herdmind/sync";

const STATES: readonly TransportState[] = ["connected", "connecting", "offline", "closed"];

/** How well the swarm is reached: by the best of the ways to it. */
export const bestState = (transports: readonly Transport[]): TransportState | "none" =>
  STATES.find((state) => transports.some((transport) => transport.state === state)) ?? "none";

/** Until one of them has exchanged everything, or none can any more. */
export const waitForSync = (transports: readonly Transport[], signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const allClosed = (): boolean => transports.every(({ state }) => state === "closed");
    const stops = transports.map((transport) =>
      transport.on((event) => {
        if (event.type === "synced") end(resolve);
        if (event.type === "state" && allClosed()) end(() => reject(new Error(event.why)));
      }),
    );
    const aborted = (): void => end(() => reject(signal?.reason));
    const end = (settle: () => void): void => {
      for (const stop of stops) stop();
      signal?.removeEventListener("abort", aborted);
      settle();
    };
    if (allClosed()) end(() => reject(new Error("This node is closed. Open it again.")));
    else if (signal?.aborted === true) aborted();
    else signal?.addEventListener("abort", aborted);
  });
