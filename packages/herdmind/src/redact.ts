/**
 * Secrets are removed before a record is signed, because a replicated log cannot be recalled (rule E2).
 *
 * The rules are those of secretlint's recommended preset (kept by its project, about 30 services), and some of our own for what has
 * no issuer: passwords in URLs, authorization headers and cookies, assignments to names such as `password`, and private key
 * blocks cut short by a log. A cheap test decides first whether a text can hold a secret at all: linting costs about 250 us a text, the
 * test about 1 us.
 */
import { type JsonValue, refuse } from "@herdmind/protocol";
import { refusalError } from "./failure.js";

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
  /** The one group that matched is the secret itself; what stands before and after it is kept. */
  readonly pattern: RegExp;
}

const OWN_RULES: readonly OwnRule[] = [
  // scheme://user:password@host: the password, up to the last @ before a slash.
  { kind: "url-password", pattern: /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@"']{0,128}:([^\s/"']{1,256})@/dgi },
  // Authorization: Bearer ... and the like; a bare scheme needs a digit after it, or "basic internationalization" would be one.
  {
    kind: "authorization",
    pattern: /\bauthorization["'\\]{0,2}\s{0,3}[:=]\s{0,3}["'\\]{0,2}(?:[a-z-]{1,20}\s{1,3})?([\w.~+/=-]{8,4096})/dgi,
  },
  { kind: "authorization", pattern: /\b(?:bearer|basic)\s{1,3}(?=[^\s\d]{0,512}\d)([\w.~+/=-]{16,4096})/dgi },
  { kind: "cookie", pattern: /\bcookie:\s{0,3}(?=[^\s=]{1,128}=)([^\r\n"']{8,4096})/dgi },
  // password=..., "api_key": "...", :secret => '...', \"token\":\"...\" inside another text
  {
    kind: "assigned-secret",
    pattern:
      /\b[\w-]{0,40}(?:passw(?:or)?d|[_-]pass|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key|(?:auth|access|refresh|[a-z0-9]_)[_-]?token|\btoken(?=\\?["']?=|\\?["']\s{0,3}:)|_auth)\\?["']?\s{0,3}(?::|=>?)\s{0,3}(?:"((?:[^"\\\r\n]|\\.){4,512})|\\"([^"\\\r\n]{4,512})|'([^'\r\n]{4,512})|([^\s"',;&)}\]\\]{4,512}))/dgi,
  },
  { kind: "token-flag", pattern: /--(?:token|password|secret|api-key)[= ]["']?([^\s"']{4,512})/dgi },
  { kind: "jwt", pattern: /\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})/dg },
  // Whole, cut at the end of the text, or cut by the next line of a log: then the lines that look like it.
  {
    kind: "private-key",
    pattern:
      /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?:[^-]|-(?!----)){0,8192}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|(?=-----BEGIN )|$)|(?:(?:\\[rn]|\s){0,4}[A-Za-z0-9+/=]{16,128}){1,200}))/dg,
  },
];

/** What stands where a secret would, and names it, types it or asks for it: a remedy must keep it. */
const PLACEHOLDER =
  /^(?:\[redacted:|\$\{|\$\(|\$[A-Z_][A-Z0-9_]*$|\{\{|<|\*+$|%[A-Z_]+%$|process\.env\b|import\.meta\b|os\.(?:environ|getenv)\b|env[.[(]|ENV\[|(?:&?(?:[sS]tring|str|[bB]ool(?:ean)?|number|any|unknown|undefined|null|[nN]one|nil|true|false|never|Option(?:al)?|[eE]xpected|[rR]equired|[iI]nvalid|[iI]ncorrect|[mM]issing|must))(?![\w-]))/;

// Every rule above, and every rule of the preset, needs one of these: a known word, credentials in a URL, the prefix of a
// service's tokens, or a long random-looking run. Three tests instead of one pattern that ignores case: 1 us instead of 9.
const TELLING_WORD =
  /passw|_pass|-pass|passphrase|secret|token|key|cookie|bearer|basic\s|auth|begin|account|:\/\/[^\s/]{0,400}@|hooks\.slack|xox|xapp|eyj|t3blbkfj/;
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
const TELLING_NAME = /passw|[_-]pass|passphrase|secret|key|token|_auth/i;

type Lint = (text: string) => Promise<readonly Found[]>;

/**
 * The preset weighs a quarter of a whole peer, and most texts are known to be harmless without it. So it is loaded when the first
 * text comes that may hold a secret; in a page it is a file of its own.
 */
let preset: Promise<Lint> | undefined;

export const loadRules = (): Promise<Lint> => {
  preset ??= import("./secretlint.js").then(
    ({ lint }) => lint,
    (error: unknown) => {
      preset = undefined;
      const why = error instanceof Error ? error.message : String(error);
      // A replicated log cannot be recalled: what cannot be looked at is not signed.
      throw refusalError(
        refuse(
          "E2",
          "none",
          `The rules that find secrets could not be loaded (${why}). Nothing was written; try again.`,
        ),
      );
    },
  );
  return preset;
};

const findOwnSecrets = (text: string): readonly Found[] => {
  const found: Found[] = [];
  for (const { kind, pattern } of OWN_RULES) {
    for (const match of text.matchAll(pattern)) {
      const range = match.indices?.slice(1).find((group) => group !== undefined);
      if (range === undefined || PLACEHOLDER.test(text.slice(...range))) continue;
      found.push({ start: range[0], end: range[1], kind });
    }
  }
  return found;
};

/** A value under a telling name has no telling text around it: both are judged together. */
const isAssigned = (key: string, value: JsonValue): boolean =>
  (typeof value === "string" || typeof value === "number") &&
  TELLING_NAME.test(key) &&
  findOwnSecrets(JSON.stringify({ [key]: value })).some(({ kind }) => kind === "assigned-secret");

/**
 * Kind of a secret that our own rules find in a JSON value; `key` is its name. Without waiting, so that an orchestrator can look
 * again at what it admits.
 */
export const findOwnSecret = (item: JsonValue, key = ""): string | undefined => {
  if (isAssigned(key, item)) return "assigned-secret";
  if (typeof item === "string") return mayHoldSecret(item) ? findOwnSecrets(item)[0]?.kind : undefined;
  if (typeof item !== "object" || item === null) return undefined;
  const members: readonly (readonly [string, JsonValue])[] = Array.isArray(item)
    ? item.map((member) => [key, member])
    : Object.entries(item);
  for (const [name, member] of members) {
    const kind = (name === key ? undefined : findOwnSecret(name)) ?? findOwnSecret(member, name);
    if (kind !== undefined) return kind;
  }
  return undefined;
};

export const mayHoldSecret = (text: string): boolean =>
  TELLING_WORD.test(text.toLowerCase()) || TOKEN_PREFIX.test(text) || hasLongRun(text);

const findSecrets = async (text: string): Promise<readonly Found[]> => {
  const lint = await loadRules();
  return [...findOwnSecrets(text), ...(await lint(text))];
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

/** Replaces secrets in every text of a JSON value, keys included, and says where. Throws a `HerdmindError` (E2) where it cannot look. */
export const redact = async <T extends JsonValue>(
  value: T,
): Promise<{ readonly value: T; readonly redactions: readonly Redaction[] }> => {
  const copy = copyHarmless(value);
  if (copy !== undefined) return { value: copy as T, redactions: [] };
  const redactions: Redaction[] = [];
  const walk = async (item: JsonValue, path: string, key: string): Promise<JsonValue> => {
    if (isAssigned(key, item)) {
      redactions.push({ path, kind: "assigned-secret" });
      return "[redacted:assigned-secret]";
    }
    if (typeof item === "string") {
      const { text, kinds } = await redactText(item);
      for (const kind of kinds) redactions.push({ path, kind });
      return text;
    }
    if (typeof item !== "object" || item === null) return item;
    if (Array.isArray(item)) return Promise.all(item.map((member, i) => walk(member, `${path}[${i}]`, key)));
    const clean: { [key: string]: JsonValue } = {};
    for (const [name, member] of Object.entries(item)) {
      if (member === undefined) continue;
      const { text, kinds } = await redactText(name);
      for (const kind of kinds) redactions.push({ path: `${path} key`, kind });
      clean[text] = await walk(member as JsonValue, path === "" ? name : `${path}.${name}`, name);
    }
    return clean;
  };
  return { value: (await walk(value, "", "")) as T, redactions };
};
