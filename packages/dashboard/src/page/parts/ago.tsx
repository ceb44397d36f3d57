import { useSyncExternalStore } from "react";
import { agoText, isoText } from "./figures.js";

/** One clock for all of the page: a second's step is fine enough for "4 s ago". */
const listeners = new Set<() => void>();
let now = Date.now();
let ticking: ReturnType<typeof setInterval> | undefined;
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
};

/** Its text, where that alone is what changes: a second that changes no word draws nothing again. */
export const Ago = ({ at }: { readonly at: number }) => {
  const text = useSyncExternalStore(subscribe, () => agoText(at, Math.max(now, Date.now() - 1000)));
  return (
    <time dateTime={isoText(at)} title={isoText(at)}>
      {text}
    </time>
  );
};
