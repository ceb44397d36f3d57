/** What both clients share: their state, its listeners, and the way they end. */
import type { Refusal } from "@herdmind/protocol";
import { createListeners, type TransportEvent, type TransportState } from "@herdmind/sync";

export interface TransportBase {
  readonly state: TransportState;
  readonly signal: AbortSignal;
  on(listener: (event: TransportEvent) => void): () => void;
  emit(event: TransportEvent): void;
  setState(state: TransportState, why: string): void;
  refusal(refusal: Refusal, by: "peer" | "us"): void;
  /** Aborts `signal`, once. */
  end(): void;
}

/** `from`: the caller's signal; when it aborts, so does the transport's, and `onEnd` is called. */
export const createTransportBase = (from: AbortSignal | undefined, onEnd: () => void): TransportBase => {
  const listeners = createListeners<TransportEvent>();
  const controller = new AbortController();
  let state: TransportState = "connecting";
  const base: TransportBase = {
    get state() {
      return state;
    },
    signal: controller.signal,
    on: listeners.add,
    emit: listeners.emit,
    setState(next, why) {
      if (state === "closed" || (state === next && next !== "connecting")) return;
      state = next;
      listeners.emit({ type: "state", state, why });
    },
    refusal: (refusal, by) => listeners.emit({ type: "refusal", refusal, by }),
    end() {
      from?.removeEventListener("abort", onEnd);
      controller.abort();
    },
  };
  if (from?.aborted === true) queueMicrotask(onEnd);
  else from?.addEventListener("abort", onEnd, { once: true });
  return base;
};
