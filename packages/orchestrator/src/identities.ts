/**
 * Identity of signals, remembered for a while. Finding the cause in a tool's output is the dearest step of admission, and under
 * load the same problem comes from many agents within seconds.
 */
import { type Identity, identify, type SignalTypes } from "@herdmind/experience";
import type { Result, Signal } from "@herdmind/protocol";

/** Identities kept, of signals up to a size: at most 2,048 times 4,096 characters. */
const KEPT = 2048;
const MAX_KEY_CHARS = 4096;

export const createIdentities = (): ((signal: Signal, customTypes: SignalTypes) => Result<Identity>) => {
  const known = new Map<string, Result<Identity>>();
  return (signal, customTypes) => {
    // The fields of a custom type may be registered anew, so those are not kept.
    if (signal.type.includes("/")) return identify(signal, customTypes);
    const key = JSON.stringify([signal.type, signal.problem, signal.mitigation]);
    const held = known.get(key);
    if (held !== undefined) return held;
    const identity = identify(signal, customTypes);
    if (known.size >= KEPT) known.delete(known.keys().next().value as string);
    if (key.length <= MAX_KEY_CHARS) known.set(key, identity);
    return identity;
  };
};
