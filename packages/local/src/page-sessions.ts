/**
 * Sessions of pages. A page must not know the token of programs, and no secret may stand in a URL, so it signs in with a code: shown once
 * to whoever may open the node's socket, good for one use within a minute. What it gets is a cookie, which scripts cannot read. Since
 * browsers send cookies to every port of a host, a session also has a key that the page made, keeps for its own port, and signs in with.
 */
import { randomBytes, randomInt } from "node:crypto";
import { isSame } from "./same-secret.js";

export interface PageSession {
  readonly id: string;
  /** Aborts when it ends: signed out, too old, or one too many. */
  readonly ended: AbortSignal;
}

export type SignIn =
  | { readonly ok: true; readonly session: PageSession }
  /** `locked`: too many were wrong; for so many milliseconds none is taken. `no key`: nothing was tried, and the code is still good. */
  | { readonly ok: false; readonly why: "wrong" | "locked" | "no key"; readonly forMs: number };

export interface PageSessions extends Disposable {
  /** A code, unless sign-in is locked: then for how many milliseconds. `used` aborts when it was used, or is too old. */
  makeCode():
    | { readonly code: string; readonly forMs: number; readonly used: AbortSignal }
    | { readonly lockedMs: number };
  /** `key`: of the page that signs in: 32 bytes as base64url. The session is its own from the beginning. */
  signIn(code: string, key: string): SignIn;
  /** `key`: the page's that signed in. */
  find(id: string, key: string): PageSession | undefined;
  end(id: string): void;
  /** How many have ended. */
  endAll(): number;
}

/** Milliseconds of a code: long enough to type it. */
const CODE_MS = 60_000;
/** Milliseconds of a session: a day's work. */
export const SESSION_MS = 12 * 60 * 60_000;
/** At once: whoever may ask for them must not fill the node's memory. The oldest gives way. */
const MAX_CODES = 8;
const MAX_SESSIONS = 32;
/**
 * Wrong codes until sign-in is locked, and for how long. A code has 60 bits, so this is no more than a second lock: at 10 tries in 30 s a
 * guess within its minute succeeds once in 5e16. Other users of the machine can keep sign-in locked; sessions and the token go on.
 */
const MAX_WRONG = 10;
const LOCK_MS = 30_000;

/** Crockford's base 32: no letter that is read as another. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LETTERS = 12;
const ID_BYTES = 32;
/** A page's key: 32 bytes as base64url. */
const KEY = /^[A-Za-z0-9_-]{43}$/;

/** As it is shown; whatever else stands where a code should is not put into a page. */
const SHOWN = new RegExp(`^[${LETTERS}]{4}-[${LETTERS}]{4}-[${LETTERS}]{4}$`);
export const isCode = (text: string): boolean => SHOWN.test(text);

const newCode = (): string => Array.from({ length: CODE_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join("");
/** As people read it: XXXX-XXXX-XXXX. */
const shown = (code: string): string => (code.match(/.{4}/g) ?? []).join("-");
const typed = (text: string): string =>
  text.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");

interface Held extends PageSession {
  readonly ending: AbortController;
  readonly timer: NodeJS.Timeout;
  readonly key: string;
}

export const createPageSessions = (): PageSessions => {
  const codes = new Map<string, { readonly used: AbortController; readonly timer: NodeJS.Timeout }>();
  const sessions = new Map<string, Held>();
  let wrong = 0;
  let countedFrom = 0;

  /** Milliseconds for which no code is taken. */
  const lockedMs = (): number => {
    const left = countedFrom + LOCK_MS - performance.now();
    if (left <= 0) wrong = 0;
    return wrong >= MAX_WRONG ? Math.ceil(left) : 0;
  };
  const drop = (code: string): boolean => {
    const known = codes.get(code);
    if (known === undefined) return false;
    clearTimeout(known.timer);
    codes.delete(code);
    known.used.abort();
    return true;
  };
  const end = (id: string): void => {
    const known = sessions.get(id);
    if (known === undefined) return;
    clearTimeout(known.timer);
    sessions.delete(id);
    known.ending.abort();
  };
  const begin = (key: string): PageSession => {
    const id = randomBytes(ID_BYTES).toString("base64url");
    const ending = new AbortController();
    const timer = setTimeout(() => end(id), SESSION_MS);
    timer.unref();
    const session = { id, ended: ending.signal, ending, timer, key };
    sessions.set(id, session);
    for (const oldest of sessions.keys()) {
      if (sessions.size <= MAX_SESSIONS) break;
      end(oldest);
    }
    return session;
  };
  const endAll = (): number => {
    const count = sessions.size;
    for (const code of codes.keys()) drop(code);
    for (const id of sessions.keys()) end(id);
    return count;
  };

  return {
    makeCode() {
      const left = lockedMs();
      if (left > 0) return { lockedMs: left };
      const code = newCode();
      const used = new AbortController();
      const timer = setTimeout(() => drop(code), CODE_MS);
      timer.unref();
      codes.set(code, { used, timer });
      for (const oldest of codes.keys()) {
        if (codes.size <= MAX_CODES) break;
        drop(oldest);
      }
      return { code: shown(code), forMs: CODE_MS, used: used.signal };
    },
    signIn(text, key) {
      if (!KEY.test(key)) return { ok: false, why: "no key", forMs: 0 };
      const locked = lockedMs();
      if (locked > 0) return { ok: false, why: "locked", forMs: locked };
      const given = typed(text);
      const code = [...codes.keys()].find((one) => isSame(one, given));
      if (code !== undefined && drop(code)) return { ok: true, session: begin(key) };
      if (wrong === 0) countedFrom = performance.now();
      wrong += 1;
      // Whoever guesses has nothing left to guess.
      if (wrong >= MAX_WRONG) for (const one of codes.keys()) drop(one);
      return { ok: false, why: "wrong", forMs: 0 };
    },
    find(id, key) {
      const session = sessions.get(id);
      return session !== undefined && isSame(session.key, key) ? session : undefined;
    },
    end,
    endAll,
    [Symbol.dispose]: () => void endAll(),
  };
};
