import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createPageSessions, type PageSessions, SESSION_MS } from "./page-sessions.js";

const CODE_MS = 60_000;
const newKey = (): string => randomBytes(32).toString("base64url");
const codeOf = (sessions: PageSessions): string => {
  const made = sessions.makeCode();
  if ("lockedMs" in made) throw new Error(`locked for ${made.lockedMs} ms`);
  return made.code;
};
const signedIn = (sessions: PageSessions, key = newKey()) => {
  const given = sessions.signIn(codeOf(sessions), key);
  if (!given.ok) throw new Error(given.why);
  return given.session;
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("T2 a code", () => {
  test("opens one session, once", () => {
    using sessions = createPageSessions();
    const code = codeOf(sessions);
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(sessions.signIn(code, newKey()).ok).toBe(true);
    expect(sessions.signIn(code, newKey())).toMatchObject({ ok: false, why: "wrong" });
  });

  test("may be typed in small letters, without dashes, and with the letters that look alike", () => {
    using sessions = createPageSessions();
    for (let i = 0; i < 40; i++) {
      const typed = codeOf(sessions).toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
      expect(sessions.signIn(typed, newKey()).ok).toBe(true);
    }
  });

  test("is good for a minute, and tells when it is not any more", () => {
    using sessions = createPageSessions();
    const made = sessions.makeCode();
    if ("lockedMs" in made) throw new Error("locked");
    vi.advanceTimersByTime(CODE_MS - 1);
    expect(made.used.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(made.used.aborted).toBe(true);
    expect(sessions.signIn(made.code, newKey()).ok).toBe(false);
  });

  test("gives way when more are asked for than are kept", () => {
    using sessions = createPageSessions();
    const first = codeOf(sessions);
    const second = codeOf(sessions);
    for (let i = 0; i < 7; i++) codeOf(sessions);
    expect(sessions.signIn(first, newKey()).ok).toBe(false);
    expect(sessions.signIn(second, newKey()).ok).toBe(true);
  });

  test("cannot be guessed on: after ten wrong ones all are void, and none is taken for half a minute", () => {
    using sessions = createPageSessions();
    const code = codeOf(sessions);
    for (let i = 0; i < 10; i++) expect(sessions.signIn("0000-0000-000Z", newKey())).toMatchObject({ why: "wrong" });
    expect(sessions.signIn(code, newKey())).toMatchObject({ ok: false, why: "locked" });
    expect(sessions.makeCode()).toMatchObject({ lockedMs: 30_000 });
    vi.advanceTimersByTime(30_000);
    expect(sessions.signIn(code, newKey())).toMatchObject({ ok: false, why: "wrong" });
    expect(sessions.signIn(codeOf(sessions), newKey()).ok).toBe(true);
  });

  test("R1 nothing else is one", () => {
    using sessions = createPageSessions();
    codeOf(sessions);
    for (const none of ["", "-", " ", "constructor", "__proto__", "\0", "é".repeat(12), "x".repeat(1000)])
      expect(sessions.signIn(none, newKey()).ok).toBe(false);
  });
});

describe("T2 a session", () => {
  test("is of the key that signed in, from its beginning: whoever sees its cookie first has none", () => {
    using sessions = createPageSessions();
    const own = newKey();
    const { id } = signedIn(sessions, own);
    for (const other of ["", "short", newKey(), `${own}A`]) expect(sessions.find(id, other)).toBeUndefined();
    expect(sessions.find(id, own)?.id).toBe(id);
    expect(sessions.find(newKey(), own)).toBeUndefined();
  });

  test("is not begun without a key, which is no guess at the code either", () => {
    using sessions = createPageSessions();
    const code = codeOf(sessions);
    for (let i = 0; i < 5; i++)
      for (const none of ["", "short", "k".repeat(42), "k".repeat(44), `${"k".repeat(42)}+`])
        expect(sessions.signIn(code, none)).toMatchObject({ ok: false, why: "no key" });
    expect(sessions.endAll()).toBe(0);
    expect(sessions.signIn(codeOf(sessions), newKey()).ok).toBe(true);
  });

  test("ends when it is signed out, too old, or one too many", () => {
    using sessions = createPageSessions();
    const [first, second, third] = [signedIn(sessions), signedIn(sessions), signedIn(sessions)];
    sessions.end(second.id);
    expect([first.ended.aborted, second.ended.aborted]).toEqual([false, true]);
    for (let i = 0; i < 31; i++) signedIn(sessions);
    expect([first.ended.aborted, third.ended.aborted]).toEqual([true, false]);
    expect(sessions.find(first.id, newKey())).toBeUndefined();
    vi.advanceTimersByTime(SESSION_MS);
    expect(third.ended.aborted).toBe(true);
    expect(sessions.endAll()).toBe(0);
  });

  test("ends with all others", () => {
    using sessions = createPageSessions();
    const both = [signedIn(sessions), signedIn(sessions)];
    const code = codeOf(sessions);
    expect(sessions.endAll()).toBe(2);
    expect(both.map(({ ended }) => ended.aborted)).toEqual([true, true]);
    expect(sessions.signIn(code, newKey()).ok).toBe(false);
  });
});
