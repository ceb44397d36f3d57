/** What this page asks of the node that served it. Its address is the page's own; who asks is told by a cookie, never by the URL. */
import { type DashboardVerbs, PAGE_HEADER } from "../api.js";
import { pageKey } from "./page-key.js";

/** What a node may be asked by a page, beside what only a dashboard asks. */
export interface Verbs extends DashboardVerbs {
  readonly invite: {
    readonly input: { readonly role: string; readonly lifetimeMs?: number; readonly uses?: number };
    readonly answer: {
      readonly ticket: string;
      readonly role: string;
      readonly addresses: readonly string[];
      readonly expiresAt: string | null;
      readonly uses: number | null;
    };
  };
}

/** `away`: no answer came. `signed-out`: this page has to sign in. `refused`: the node says why not, by a rule of PROTOCOL.md. */
export type Failure =
  | { readonly kind: "away" }
  | { readonly kind: "signed-out" }
  | { readonly kind: "refused"; readonly rule: string; readonly message: string };

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Milliseconds after which an answer counts as none: as long as a node gives a request. */
const PATIENCE_MS = 120_000;

const away: Answer<never> = { ok: false, failure: { kind: "away" } };
const signedOut: Answer<never> = { ok: false, failure: { kind: "signed-out" } };
const refused = (rule: string, message: string): Answer<never> => ({
  ok: false,
  failure: { kind: "refused", rule, message },
});

export const ask = async <Name extends keyof Verbs>(
  verb: Name,
  input: Verbs[Name]["input"],
  signal?: AbortSignal,
): Promise<Answer<Verbs[Name]["answer"]>> => {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(`/v1/${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json", [PAGE_HEADER]: pageKey() },
      body: JSON.stringify(input),
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    });
    if (response.status === 401) return signedOut;
    const said = (await response.json()) as
      | { readonly ok: true; readonly value: Verbs[Name]["answer"] }
      | { readonly ok: false; readonly rule: string; readonly message: string };
    return said.ok ? { ok: true, value: said.value } : refused(said.rule, said.message);
  } catch {
    return away;
  }
};

/** Exchanges the one-time code of `herdmind dashboard` for a session. `undefined`: signed in; otherwise why not, for a person. */
export const signIn = async (code: string): Promise<string | undefined> => {
  try {
    const response = await fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json", [PAGE_HEADER]: pageKey() },
      body: JSON.stringify({ code }),
    });
    if (response.ok) return undefined;
    const said = (await response.json().catch(() => ({}))) as { readonly message?: string };
    return said.message ?? "This code is wrong, used or too old.";
  } catch {
    return "The node does not answer. Is it running?";
  }
};

/** Ends the session, here and at the node. */
export const signOut = async (): Promise<void> => {
  await fetch("/session/end", { method: "POST", headers: { [PAGE_HEADER]: pageKey() } }).catch(() => undefined);
};

/** The feed of a node, line by line, until it ends or `signal` aborts. */
export const watch = async (
  onLine: (line: string) => void,
  onOpen: () => void,
  signal: AbortSignal,
): Promise<Failure> => {
  try {
    const response = await fetch("/v1/watch", { headers: { [PAGE_HEADER]: pageKey() }, signal });
    if (response.status === 401) return { kind: "signed-out" };
    if (!response.ok || response.body === null) return { kind: "away" };
    onOpen();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: "away" };
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      // A line that never ends would fill this page's memory.
      if (rest.length > MAX_LINE_CHARS) rest = "";
      for (const line of lines) if (line !== "") onLine(line);
    }
  } catch {
    return { kind: "away" };
  }
};

const MAX_LINE_CHARS = 4_000_000;
