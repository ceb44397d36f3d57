/**
 * Secrets are removed before a record is signed, because a replicated log cannot be recalled (rule E2).
 *
 * The rules are those of secretlint's recommended preset (kept by its project, about 30 services), and four of our own for what has
 * no issuer: passwords in URLs, authorization headers, assignments to names such as `password`, and private key blocks cut
 * short by a log. A cheap test decides first whether a text can hold a secret at all: linting costs about 250 us a text, the
 * test about 1 us.
 */
import type { JsonValue } from "@herdmind/protocol";
import { lintSource } from "@secretlint/core";
import { creator } from "@secretlint/secretlint-rule-preset-recommend";

/** One replacement: where in the record, and what kind of secret it was. */
export interface Redaction {
  /** Path inside the record, for example `problem.error.message`. */
  readonly path: string;
  readonly kind: string;
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

interface OwnRule {
  readonly kind: string;
  /** Group 1 is the secret itself; what stands before and after it is kept. */
  readonly pattern: RegExp;
}

const OWN_RULES: readonly OwnRule[] = [
  // scheme://user:password@host: the password.
  { kind: "url-password", pattern: /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@"']{0,128}:([^\s/@"']{1,256})@/dgi },
  // Authorization: Bearer ... and the like.
  { kind: "authorization", pattern: /\b(?:bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{16,})/dgi },
  // password=..., "api_key": "...", --token ...
  {
    kind: "assigned-secret",
    pattern:
      /\b[\w-]{0,40}(?:passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|client[_-]?secret)["']?\s{0,3}(?::|=|\s--?)\s{0,3}["']?([^\s"',;&)}\]]{4,512})/dgi,
  },
  { kind: "token-flag", pattern: /--(?:token|password|secret|api-key)[= ]["']?([^\s"']{4,512})/dgi },
  { kind: "jwt", pattern: /\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})/dg },
  {
    kind: "private-key",
    pattern: /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8192}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$))/dg,
  },
];

// Every rule above, and every rule of the preset, needs one of these: a known word, credentials in a URL, the prefix of a
// service's tokens, or a long random-looking run. Three tests instead of one pattern that ignores case: 1 us instead of 9.
const TELLING_WORD =
  /passw|passphrase|secret|token|key|bearer|basic\s|auth|begin|account|:\/\/[^\s/]{0,400}@|hooks\.slack|xox|xapp|eyj|t3blbkfj/;
// Prefixes stand in the case that services give them and at the start of a word: otherwise "release-lease" would be one.
const TOKEN_PREFIX =
  /(?<![A-Za-z])(?:gh[a-z]{1,8}_|github_|gl[a-z]{1,4}[-_]|(?:sk|pk|rk|gsk|npm|hf|lin|ntn|ops|dop|vc[a-z]|dckr|figd|cf[a-z]{1,2}|shp[a-z]{2})[-_]|SG\.|hv[a-z]\.|AIza|dapi)/;
/** The shortest run that a service gives out without one of the above is an AWS access key id. */
const RUN_CHARS = 20;
const isRunChar = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=_")
  isRunChar[char.charCodeAt(0)] = 1;

/** Whether a text has so many letters, digits, `+`, `=` or `_` in a row. Looks at the end of each possible run first. */
const hasLongRun = (text: string): boolean => {
  let from = 0;
  for (let end = RUN_CHARS - 1; end < text.length; ) {
    let at = end;
    while (at >= from && isRunChar[text.charCodeAt(at)] === 1) at--;
    if (at < from) return true;
    from = at + 1;
    end = at + RUN_CHARS;
  }
  return false;
};

/** Names under which a value is a secret by itself. */
const TELLING_NAME = /passw|passphrase|secret|key|token/i;

const SECRETLINT = {
  rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator, options: {} }],
} as Parameters<typeof lintSource>[0]["options"]["config"];

/** Our own rules alone: no waiting, so that an orchestrator can look again at what it admits. */
export const findOwnSecrets = (text: string): readonly Found[] => {
  const found: Found[] = [];
  for (const { kind, pattern } of OWN_RULES) {
    for (const match of text.matchAll(pattern)) {
      const range = match.indices?.[1];
      if (range === undefined || match[1]?.startsWith("[redacted:")) continue;
      found.push({ start: range[0], end: range[1], kind });
    }
  }
  return found;
};

export const mayHoldSecret = (text: string): boolean =>
  TELLING_WORD.test(text.toLowerCase()) || TOKEN_PREFIX.test(text) || hasLongRun(text);

const findSecrets = async (text: string): Promise<readonly Found[]> => {
  const { messages } = await lintSource({
    source: { filePath: "/record.txt", content: text, contentType: "text", ext: ".txt" },
    options: { config: SECRETLINT, noPhysicFilePath: true },
  });
  const linted = messages.map(({ range: [start, end], ruleId }) => ({
    start,
    end,
    kind: ruleId.replace("@secretlint/secretlint-rule-", ""),
  }));
  return [...findOwnSecrets(text), ...linted];
};

/** Replaces every secret in a text by `[redacted:<kind>]`; overlapping finds are one. */
const redactText = async (text: string): Promise<{ readonly text: string; readonly kinds: readonly string[] }> => {
  if (!mayHoldSecret(text)) return { text, kinds: [] };
  const found = [...(await findSecrets(text))].sort((a, b) => a.start - b.start || b.end - a.end);
  let clean = "";
  let at = 0;
  const kinds: string[] = [];
  for (const { start, end, kind } of found) {
    if (end <= at) continue;
    clean += start >= at ? `${text.slice(at, start)}[redacted:${kind}]` : "";
    if (start >= at) kinds.push(kind);
    at = end;
  }
  return { text: clean + text.slice(at), kinds };
};

/** A copy of a JSON value in which no text can hold a secret; `undefined` when one can. Most records are such, and need no waiting. */
const copyHarmless = (item: JsonValue): JsonValue | undefined => {
  if (typeof item === "string") return mayHoldSecret(item) ? undefined : item;
  if (typeof item !== "object" || item === null) return item;
  if (Array.isArray(item)) {
    const copies: JsonValue[] = [];
    for (const member of item) {
      const copy = copyHarmless(member);
      if (copy === undefined) return undefined;
      copies.push(copy);
    }
    return copies;
  }
  const copies: { [key: string]: JsonValue } = {};
  for (const [key, member] of Object.entries(item)) {
    if (member === undefined) continue;
    // A secret may stand under a telling name alone, which is a telling word as well.
    const copy = mayHoldSecret(key) ? undefined : copyHarmless(member);
    if (copy === undefined) return undefined;
    copies[key] = copy;
  }
  return copies;
};

/** Replaces secrets in every text of a JSON value, keys included, and says where. */
export const redact = async <T extends JsonValue>(
  value: T,
): Promise<{ readonly value: T; readonly redactions: readonly Redaction[] }> => {
  const copy = copyHarmless(value);
  if (copy !== undefined) return { value: copy as T, redactions: [] };
  const redactions: Redaction[] = [];
  const walk = async (item: JsonValue, path: string): Promise<JsonValue> => {
    if (typeof item === "string") {
      const { text, kinds } = await redactText(item);
      for (const kind of kinds) redactions.push({ path, kind });
      return text;
    }
    if (typeof item !== "object" || item === null) return item;
    if (Array.isArray(item)) return Promise.all(item.map((member, i) => walk(member, `${path}[${i}]`)));
    const clean: { [key: string]: JsonValue } = {};
    for (const [key, member] of Object.entries(item)) {
      if (member === undefined) continue;
      const name = await redactText(key);
      for (const kind of name.kinds) redactions.push({ path: `${path} key`, kind });
      // A secret under a telling name has no telling text around it: judge both together.
      const assigned =
        typeof member === "string" &&
        TELLING_NAME.test(key) &&
        findOwnSecrets(`${key}=${member}`).some((found) => found.kind === "assigned-secret");
      if (assigned) redactions.push({ path: path === "" ? key : `${path}.${key}`, kind: "assigned-secret" });
      clean[name.text] = assigned
        ? "[redacted:assigned-secret]"
        : await walk(member as JsonValue, path === "" ? key : `${path}.${key}`);
    }
    return clean;
  };
  return { value: (await walk(value, "")) as T, redactions };
};
