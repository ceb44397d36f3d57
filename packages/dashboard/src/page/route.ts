/**
 * Where in the page a person is: `#/entries?id=...&at=40`. A fragment, so that every view can be linked and reloaded while the node
 * serves one file, and none of it is sent anywhere.
 */
import { useMemo, useSyncExternalStore } from "react";

export const VIEWS = ["overview", "feed", "entries", "graph", "timeline", "alarms", "members"] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  readonly parameters: { readonly [name: string]: string };
}

const isView = (name: string): name is ViewName => (VIEWS as readonly string[]).includes(name);

export const readRoute = (hash: string): Route => {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return {
    view: isView(path) ? path : "overview",
    parameters: Object.fromEntries(new URLSearchParams(query)),
  };
};

export type Parameters = { readonly [name: string]: string | number | undefined };

/** A link to a view; empty parameters are left out. */
export const hrefOf = (view: ViewName, parameters: Parameters = {}): string => {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  const query = new URLSearchParams(given).toString();
  return query === "" ? `#/${view}` : `#/${view}?${query}`;
};

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
};

export const useRoute = (): Route => {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return useMemo(() => readRoute(hash), [hash]);
};

/** Goes to a view; `replace`: without a step in the browser's history, for what changes with every key. */
export const go = (view: ViewName, parameters: Parameters = {}, how: "push" | "replace" = "push"): void => {
  const href = hrefOf(view, parameters);
  if (how === "push") {
    window.location.hash = href;
    return;
  }
  window.history.replaceState(null, "", href);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
};

/** The moment that is shown: canon after so many blocks; `undefined`: now. */
export const momentOf = ({ parameters: { at } }: Route): number | undefined =>
  at !== undefined && /^\d{1,15}$/.test(at) ? Number(at) : undefined;
