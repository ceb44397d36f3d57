/**
 * Secrets are removed before a record is signed, because a replicated log cannot be recalled (rule E2). So are names of persons: e-mail
 * addresses and the names of home directories.
 *
 * Rules are data, in files of their own: `secret-rules.ts` (what has no issuer), `service-tokens.ts` and secretlint's recommended preset (what
 * has one), `personal-rules.ts`. A cheap hint decides first whether a text can hold a secret at all: reading it by the rules costs about
 * 50 us, the hint about 1 us.
 *
 * The same kind has the same placeholder, so that two occurrences of one problem have one fingerprint whatever the secret was, and
 * what was redacted once is never redacted again.
 */
import { type JsonObject, type JsonValue, refuse } from "@herdmind/protocol";
import { refusalError } from "./failure.js";
import { findPersonal, HOME, mayNamePerson } from "./personal-rules.js";

/** One replacement: where in the record, and what kind of secret it was. */
export interface Redaction {
  /** Path inside the record, for example `problem.error.message`. */
  readonly path: string;
  readonly kind: string;
}

type Rules = Pick<typeof import("./find-secrets.js"), "findSecrets" | "isSecretName" | "isSecretValue">;

// Each rule needs one of these: a known word, credentials in a URL, the prefix of a service's tokens, or a long
// random-looking run. A few tests instead of one pattern that ignores case: 1 us instead of 9. Words with one first letter stand
// together, so that a character is compared with each letter once.
const TELLING_WORD =
  /a(?:ccount|pikey|uth)|b(?:asic\s|earer|egin)|c(?:ookie|redential)|e(?:xpdp|yj)|hook|i(?:dentified|mpdp)|jdbc|key|login|mnemonic|net\s{1,3}use|p(?:ass(?:[^ei]|$)|rivate|sk|w[=d])|recovery|s(?:e(?:cret|ed|ss)|ignature|ql(?:ldr|plus))|t(?:3blbkfj|oken)|x(?:app|ox)|--user|:(?:\/\/[^\s/]{0,400}@|(?:\d{4,5}|\*):[^:\s]{1,64}:)|[?&](?:sig|hash|sid|code|x-)|\s(?:-[upawb]|\/\w{1,8}:)/;
// Prefixes stand in the case that services give them and at the start of a word: otherwise "release-lease" would be one. The sign
// that ends one is looked for first, because most texts have few of them; what stands before it is read backwards from there.
const TOKEN_PREFIX =
  /[-_](?<=(?<![A-Za-z])(?:(?:gh[a-z]{1,8}|github)_|(?:gl[a-z]{1,5}|sk|pk|rk|gsk|npm|hf|lin|ntn|ops|dop|doo|dor|vc[a-z]|dckr|cf[a-z]{1,2}|shp[a-z]{2}|nf[a-z]|rnd|re|r8|sbp?|bk[a-z]{2}|fm[12][a-z]?|fig[a-z]|pul|pypi|pplx|xai|xkeysib|sq0[a-z]{3}|HRKU|PMAK|GOCSPX|CCI[A-Z]{3}|NR[A-Z]{2})[-_]))|\.(?<=(?<![A-Za-z])(?:SG|dp|hv[a-z]|ya29)\.)|(?<![A-Za-z])(?:dt0[a-z]|AIza|dapi|1\/\/0)|:AA|Q~/;
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

export const mayHoldSecret = (text: string): boolean =>
  TELLING_WORD.test(text.toLowerCase()) || TOKEN_PREFIX.test(text) || hasLongRun(text);

/**
 * The rules weigh a quarter of a whole peer, and most texts are known to be harmless without them. So they are loaded when the first
 * text comes that may hold a secret; in a page they are a file of their own.
 */
let rules: Rules | undefined;
let loading: Promise<Rules> | undefined;

export const loadRules = (): Promise<Rules> => {
  loading ??= import("./find-secrets.js").then(
    (loaded) => {
      rules = loaded;
      return loaded;
    },
    (error: unknown) => {
      loading = undefined;
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
  return loading;
};

const placeholderOf = (kind: string): string => (kind === "home-path" ? HOME : `[redacted:${kind}]`);

/** Each round may show what a longer find hid; what is left after the first is rare. */
const MAX_ROUNDS = 8;

/** Replaces what is found in a text by its placeholder; overlapping finds are one. Without rules: only what names a person. */
const cleanText = (text: string, known: Rules | undefined, kinds: string[]): string => {
  let current = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = [
      ...findPersonal(current),
      ...(known === undefined || !mayHoldSecret(current) ? [] : known.findSecrets(current)),
    ];
    if (found.length === 0) break;
    found.sort((a, b) => a.start - b.start || b.end - a.end);
    let clean = "";
    let at = 0;
    for (const { start, end, kind } of found) {
      if (end <= at) continue;
      if (start >= at) {
        clean += `${current.slice(at, start)}${placeholderOf(kind)}`;
        kinds.push(kind);
      }
      at = end;
    }
    current = clean + current.slice(at);
  }
  return current;
};

/** What may be in a JSON value. Where it may be a secret, nothing else is asked: all of it is read by the rules. */
const NOTHING = 0;
const PERSON = 1;
const SECRET = 2;
type Suspicion = typeof NOTHING | typeof PERSON | typeof SECRET;

const suspicionOf = (text: string): Suspicion =>
  mayHoldSecret(text) ? SECRET : mayNamePerson(text) ? PERSON : NOTHING;

/** Names of members in which nothing is: those of records are always the same. Forgotten when there are too many, whoever made them up. */
const plainNames = new Set<string>();
const MAX_PLAIN_NAMES = 1024;
const MAX_PLAIN_NAME_CHARS = 64;

const suspicionOfName = (name: string): Suspicion => {
  if (plainNames.has(name)) return NOTHING;
  const found = suspicionOf(name);
  if (found === NOTHING && name.length <= MAX_PLAIN_NAME_CHARS) {
    if (plainNames.size >= MAX_PLAIN_NAMES) plainNames.clear();
    plainNames.add(name);
  }
  return found;
};

/** The gravest that may be in any text of a JSON value. In most records nothing is, and nothing has to be loaded or replaced. */
const lookAt = (item: JsonValue): Suspicion => {
  if (typeof item === "string") return suspicionOf(item);
  if (typeof item !== "object" || item === null) return NOTHING;
  let gravest: Suspicion = NOTHING;
  const isArray = Array.isArray(item);
  for (const name of Object.keys(item)) {
    // A secret may stand under a telling name alone, which is a telling word as well.
    const inName = isArray ? NOTHING : suspicionOfName(name);
    if (inName === SECRET) return SECRET;
    const member = (item as JsonObject)[name];
    const found = member === undefined ? NOTHING : lookAt(member);
    if (found === SECRET) return SECRET;
    if (inName === PERSON || found === PERSON) gravest = PERSON;
  }
  return gravest;
};

/** The caller may change what he gave. */
const copyOf = (item: JsonValue): JsonValue => {
  if (typeof item !== "object" || item === null) return item;
  if (Array.isArray(item)) return item.map(copyOf);
  const members: (readonly [string, JsonValue])[] = [];
  for (const [name, member] of Object.entries(item)) if (member !== undefined) members.push([name, copyOf(member)]);
  return Object.fromEntries(members);
};

interface Walk {
  readonly known: Rules | undefined;
  readonly redactions: Redaction[];
}

const ASSIGNED = "assigned-secret";
const FLAG = /^--?[\w-]{1,64}$/;

const walk = (item: JsonValue, path: string, key: string, seen: Walk): JsonValue => {
  const { known, redactions } = seen;
  if (known !== undefined && isUnderSecretName(key, item, known)) {
    redactions.push({ path, kind: ASSIGNED });
    return placeholderOf(ASSIGNED);
  }
  if (typeof item === "string") {
    const kinds: string[] = [];
    const clean = cleanText(item, known, kinds);
    for (const kind of kinds) redactions.push({ path, kind });
    return clean;
  }
  if (typeof item !== "object" || item === null) return item;
  if (Array.isArray(item)) {
    return item.map((member, i) => {
      const before = item[i - 1];
      const at = `${path}[${i}]`;
      // The words of a command: ["--password", "..."].
      if (known !== undefined && typeof member === "string" && typeof before === "string" && FLAG.test(before)) {
        const found = known.findSecrets(`${item.slice(Math.max(0, i - 8), i).join(" ")} ${member}`).at(-1);
        if (found !== undefined && found.kind === "secret-flag" && !mayBeFlag(member)) {
          redactions.push({ path: at, kind: found.kind });
          return placeholderOf(found.kind);
        }
      }
      return walk(member, at, key, seen);
    });
  }
  const clean = new Map<string, JsonValue>();
  const named = known === undefined ? undefined : namedApart(item as JsonObject, known);
  for (const [name, member] of Object.entries(item)) {
    if (member === undefined) continue;
    const kinds: string[] = [];
    let text = cleanText(name, known, kinds);
    for (const kind of kinds) redactions.push({ path: `${path} key`, kind });
    // Two secrets under which something stands stay two.
    for (let n = 2; clean.has(text); n++) text = `${cleanText(name, known, [])} ${n}`;
    clean.set(text, walk(member, path === "" ? text : `${path}.${text}`, name === named ? "password" : name, seen));
  }
  return Object.fromEntries(clean);
};

const mayBeFlag = (text: string): boolean => text.startsWith("-") || text.startsWith("[redacted:");

const isUnderSecretName = (key: string, item: JsonValue, known: Rules): boolean =>
  (typeof item === "string" || typeof item === "number") &&
  key !== "" &&
  known.isSecretName(key) &&
  // A number is how many there are, where the name is a plural.
  (typeof item === "string" || !/s$/i.test(key)) &&
  known.isSecretValue(key, String(item));

/** `{ name: "DB_PASSWORD", value: "..." }`: which member is the secret. */
const namedApart = (item: JsonObject, known: Rules): string | undefined => {
  const name = item["name"] ?? item["key"] ?? item["Name"] ?? item["Key"];
  if (typeof name !== "string" || !known.isSecretName(name)) return undefined;
  return ["value", "Value", "val"].find((one) => item[one] !== undefined);
};

/** Replaces secrets in every text of a JSON value, keys included, and says where. Throws a `HerdmindError` (E2) where it cannot look. */
export const redact = async <T extends JsonValue>(
  value: T,
): Promise<{ readonly value: T; readonly redactions: readonly Redaction[] }> => {
  const suspicion = lookAt(value);
  if (suspicion === NOTHING) return { value: copyOf(value) as T, redactions: [] };
  const known = suspicion === SECRET ? (rules ?? (await loadRules())) : undefined;
  const redactions: Redaction[] = [];
  return { value: walk(value, "", "", { known, redactions }) as T, redactions };
};

/**
 * Kind of a secret that a value still holds, for those who look again at what others signed. Without waiting: before `loadRules`
 * has answered, a value that may hold a secret counts as one that does.
 */
export const findSecret = (value: JsonValue): string | undefined => {
  const suspicion = lookAt(value);
  if (suspicion === NOTHING) return undefined;
  if (suspicion === SECRET && rules === undefined) return "not looked at";
  const redactions: Redaction[] = [];
  walk(value, "", "", { known: suspicion === SECRET ? rules : undefined, redactions });
  return redactions[0]?.kind;
};
