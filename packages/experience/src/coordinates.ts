/**
 * Packages in a certain version, as tools of all kinds name them: Maven and Gradle (`group:name:jar:1.2.3`), npm (`@scope/name@1.2.3`),
 * pip (`name==1.2.3`), Cargo (`name v1.2.3`), Go (`example.test/mod@v1.2.3`), images (`name:1.2.3-slim`) and files
 * (`name-1.2.3.jar`). Masks take versions out of a problem's identity, because the same problem outlives releases; but where two
 * texts name the same package in the same version, hardly anything says more, and where a remedy replaces a version, it is of use
 * only to who has it.
 *
 * A coordinate is written `name@version` in lower case, without a `v` before the version. Of Maven's names the group is left out,
 * because a file's name has none. A version holds a dot, so that ports, line numbers and counts are none; only
 * behind a group and a name it may be a number.
 */
import type { JsonValue, Mitigation } from "@herdmind/protocol";

/** Coordinates of one text: the first ones. A dependency tree names hundreds, and they say nothing about its failure. */
export const MAX_COORDINATES = 16;
/** Characters of one coordinate. */
const MAX_CHARS = 120;

const TOKEN = /[\w@.:/\\+=~-]{4,300}/g;
const VERSION = /^v?\d[\w.+-]{0,60}$/;
const ADDRESS = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const PACKAGE_FILE =
  /\.(?:jar|war|ear|aar|pom|whl|egg|tgz|tar\.gz|tar\.bz2|tar\.xz|zip|gem|crate|deb|rpm|apk|nupkg|so|dll)$/;
const FILE = /^([a-z].{0,119}?)[-_](\d[\w.+]{0,60}(?:-[\w.+-]{1,60})?)$/;

const isVersion = (text: string): boolean => VERSION.test(text) && text.includes(".") && !text.endsWith(".");

const written = (name: string, version: string): string | undefined => {
  const one = `${name}@${version.startsWith("v") ? version.slice(1) : version}`.toLowerCase();
  return /[a-z]/i.test(name) && one.length <= MAX_CHARS ? one : undefined;
};

const lastSegment = (path: string): string => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

/** What stands before `node_modules/` belongs to one machine. */
const withoutDirectory = (name: string): string => {
  const at = name.lastIndexOf("node_modules/");
  const own = at < 0 ? name : name.slice(at + "node_modules/".length);
  return own.startsWith(".pnpm/") ? own.slice(".pnpm/".length) : own;
};

const coordinateOf = (token: string): string | undefined => {
  const pinned = token.indexOf("==");
  if (pinned > 0) {
    const version = token.slice(pinned + 2);
    return isVersion(version) ? written(lastSegment(token.slice(0, pinned)), version) : undefined;
  }
  const at = token.indexOf("@", 1);
  if (at > 0) {
    // A path may go on below the package.
    const version = token.slice(at + 1).split("/", 1)[0] as string;
    return isVersion(version) && !ADDRESS.test(version)
      ? written(withoutDirectory(token.slice(0, at)), version)
      : undefined;
  }
  const file = PACKAGE_FILE.exec(token);
  if (file !== null) {
    const named = FILE.exec(lastSegment(token.slice(0, file.index)).toLowerCase());
    const [, name, version] = (named ?? []) as unknown as readonly [string, string, string];
    return named !== null && isVersion(version) ? written(name, version.replace(/-(?:py|cp)\d.*$/, "")) : undefined;
  }
  if (token.includes("//")) return undefined;
  const [first = "", second = "", ...rest] = lastSegment(token).split(":");
  // `group:name:type:version:scope`; with a group there, a number without a dot is a version too.
  const place = rest.findIndex((part) => isVersion(part) || (first.includes(".") && /^\d{1,9}$/.test(part)));
  // `group:name:version:goal` is what Maven ran: it reports the failure and has no part in it.
  if (place === 0 && /^[a-z][\w-]*$/i.test(rest[1] ?? "")) return undefined;
  if (place >= 0) return /^[a-z]/i.test(second) ? written(second, rest[place] as string) : undefined;
  return isVersion(second) && !ADDRESS.test(second) ? written(first, second) : undefined;
};

/** Tokens of a line without the punctuation around them. */
const tokensOf = function* (line: string): Iterable<string> {
  for (const [match] of line.matchAll(TOKEN)) yield match.replace(/^[.:/\\+=~-]{1,20}|[.:/\\+=~-]{1,20}$/g, "");
};

/** Adds the coordinates of a line to `found`, until it holds `max`. */
const collect = (line: string, found: Set<string>, max: number): void => {
  // Every version has one, and most lines have none.
  if (!/\d\.\w|:\d/.test(line)) return;
  let before = "";
  for (const token of tokensOf(line)) {
    if (found.size >= max) return;
    // Cargo says `name v1.2.3`.
    const isNamed = token.startsWith("v") && isVersion(token) && /^[a-z][\w-]{1,60}$/.test(before);
    const one = isNamed ? written(before, token) : coordinateOf(token);
    if (one !== undefined) found.add(one);
    before = token;
  }
};

/** Distinct coordinates in order of appearance, at most `max`. */
export const coordinatesIn = (lines: readonly string[], max = MAX_COORDINATES): readonly string[] => {
  const found = new Set<string>();
  for (const line of lines) {
    if (found.size >= max) break;
    collect(line, found, max);
  }
  return [...found];
};

/** The package of a coordinate. */
export const packageOf = (coordinate: string): string => coordinate.slice(0, coordinate.lastIndexOf("@"));

/** Words between a package and its version: `downgrade ocean-core from 6.0.4 back to 5.3.1`. */
const MAX_WORDS_BETWEEN = 6;

/** Coordinates of a sentence: a version belongs to the package before it. What has no sign in its name may be any word. */
const collectProse = (line: string, found: Set<string>): void => {
  let name = "";
  let distance = 0;
  for (const token of line.split(/[^\w@.:/+~-]+/)) {
    if (found.size >= MAX_COORDINATES) return;
    const plain = token.replace(/^[.:/+~-]{1,20}|[.:/+~-]{1,20}$/g, "");
    if (plain === "" || distance++ > MAX_WORDS_BETWEEN) name = plain === "" ? name : "";
    const known = coordinateOf(plain);
    const one = known ?? (isVersion(plain) && name !== "" ? written(name, plain) : undefined);
    if (one !== undefined) found.add(one);
    const isName = known === undefined && /^@?[a-z][\w.]*[-/:][\w./:-]*$/i.test(plain) && !plain.includes("//");
    if (known !== undefined) name = packageOf(known);
    else if (isName) name = plain.includes(":") ? (plain.split(":")[1] as string) : plain;
    if (known !== undefined || isName || one !== undefined) distance = 0;
  }
};

/** Texts of a JSON value, the nested ones too. */
const textsIn = function* (value: JsonValue): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) yield* textsIn(part as JsonValue);
};

/** Characters of a remedy's texts that are looked at: it says early what it is about. */
const MAX_REMEDY_CHARS = 2000;

/** Coordinates that a remedy is about, whether it installs them or warns of them. */
export const coordinatesOfRemedy = ({ text, data }: Mitigation, discovery = ""): readonly string[] => {
  const found = new Set<string>();
  let left = MAX_REMEDY_CHARS;
  for (const part of [text, discovery, ...(data === undefined ? [] : textsIn(data))]) {
    if (left <= 0) break;
    const cut = part.slice(0, left);
    left -= cut.length;
    if (/\d\.\w|:\d/.test(cut)) collectProse(cut, found);
  }
  return [...found];
};
