/**
 * What names a person in a text about a failure: an e-mail address, and the name of a home directory. No secret, so nothing has to be
 * changed when it was replicated, but no business of a swarm either. A stack trace nearly always has one: these rules have a hint of their
 * own, and nothing is linted for their sake.
 */

/** Without one of these, a text has neither. */
const HINT = /@|[/\\%](?:home|users|documents and settings)[/\\%]|%2f(?:home|users)%2f/i;

// The sign and what follows it is looked for first; what stands before it is read backwards from there.
const E_MAIL =
  /(?<=(?<![\w.+%/@-])([\w.+%-]{1,64}))@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,6}[A-Za-z]{2,24}(?![\w@-])/dg;

/** What only looks like an address: versions of packages, files named for screens, units of systemd, users of version control. */
const NO_PERSON = /^(?:git|hg|svn)$/i;
const NO_DOMAIN =
  /^(?:v?\d{1,6}\.\d)|\.(?:png|jpe?g|gif|svg|webp|ico|css|scss|m?[jt]sx?|json|ya?ml|html?|md|tgz|zip|tar|gz|whl|jar|py|rb|go|rs|php|java|service|socket|slice|timer|target|scope|mount|path)$/i;

// The name of a person ends at the next slash. Windows allows spaces in it; then a slash has to follow.
const HOMES: readonly RegExp[] = [
  /(?<![\w.~-]|\b(?:GET|PUT|POST|PATCH|DELETE|HEAD)\s)(?:\/(?:var|usr|export|private|[a-z]|mnt\/[a-z]|System\/Volumes\/Data))?\/(?:home|Users)\/([^\s/\\:"'`<>()[\]{},;|*?$%~]{1,64})(?!\s?<)/dg,
  /(?<=file:\/\/(?:localhost)?)\/(?:[A-Za-z]:\/)?(?:home|Users)\/([^\s/\\:"'`<>()[\]{},;|*?$~]{1,192})/dg,
  /(?<![A-Za-z])[A-Za-z]:(?:\\{1,4}|\/)(?:Users|Documents and Settings)(?:\\{1,4}|\/)([^\\/:*?"'<>|\r\n\t$%~]{1,64}(?=[\\/])|[^\s\\/:*?"'`<>|()[\]{},;$%~]{1,64})/dgi,
  /%2F(?:home|Users)%2F([^\s%/"'<>&;,~]{1,64})/dgi,
];

/** Directories that belong to everybody. */
const SHARED = /^(?:Shared|Public|Default|All Users|linuxbrew|\.\.?)$/i;

/** What is replaced, and by what: a path stays one, so that whatever reads paths reads it as before. */
export interface Personal {
  readonly start: number;
  readonly end: number;
  readonly kind: "e-mail" | "home-path";
}

export const HOME = "~";

export const mayNamePerson = (text: string): boolean => HINT.test(text);

export const findPersonal = (text: string): readonly Personal[] => {
  if (!mayNamePerson(text)) return [];
  const found: Personal[] = [];
  for (const match of text.matchAll(E_MAIL)) {
    const [sign, local] = match;
    const range = match.indices?.[1];
    if (range === undefined || local === undefined || NO_PERSON.test(local) || NO_DOMAIN.test(sign.slice(1))) continue;
    found.push({ start: range[0], end: match.index + sign.length, kind: "e-mail" });
  }
  for (const pattern of HOMES) {
    for (const match of text.matchAll(pattern)) {
      const range = match.indices?.[1];
      if (range === undefined || SHARED.test(match[1] ?? "")) continue;
      found.push({ start: range[0], end: range[1], kind: "home-path" });
    }
  }
  return found;
};

/** Tests hold these to their bounds. */
export const PERSONAL_PATTERNS: readonly RegExp[] = [HINT, E_MAIL, ...HOMES];
