/**
 * Our own rules for secrets: those that have no issuer and so no prefix, and are only known by what stands beside them (a name, a flag, a
 * scheme, a file's form). Services' tokens are known by their form: `service-tokens.ts` and secretlint's preset.
 *
 * Each row finds the secret alone: what stands before and after it is kept, because it says what the problem was. Every repetition is
 * bounded, and a pattern begins with letters that are rare in a text, so reading is linear in its length.
 */

/** Where a secret stands in a text (UTF-16 offsets), and what kind it is. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

interface Rule {
  readonly kind: string;
  /** The one group that matched is the secret. Flags: `d` for its place, `g`. */
  readonly pattern: RegExp;
  /** Whether what was found is one after all; default: unless it is a placeholder. */
  readonly accepts?: (value: string, match: RegExpExecArray) => boolean;
}

/** What stands where a secret would, and names it, types it or asks for it: a remedy must keep it. */
const PLACEHOLDER =
  /^(?:\[redacted(?::|$)|\$\{|\$\(|\$[A-Za-z_]\w*$|\$env:|\{\{|\{[a-z_]+\}|<|&lt;|\*+$|[xX]{3,}$|\.{3}|%[A-Za-z_]+%$|%[sdv]$|your[_-]|process\.env\b|import\.meta\b|Deno\.env\b|os\.(?:environ|getenv)\b|env[.[(]|ENV\[|System\.getenv|var\.|secrets\.|(?:&?(?:[sS]tring|str|[bB]ool(?:ean)?|number|any|unknown|undefined|null|[nN]one|nil|true|false|never|Option(?:al)?|[eE]xpected|[rR]equired|[iI]nvalid|[iI]ncorrect|[mM]issing|must|include|same-origin|omit|basic|bearer|yes|no)(?![\w-])))/;
const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value);

/** Words that follow a name in a sentence about it. */
const PROSE =
  /^(?:is|was|are|were|be|been|has|have|had|does|do|did|not|and|or|but|nor|from|for|with|without|of|in|on|at|by|to|as|if|when|that|which|whose|than|then|may|can|cannot|could|should|shall|will|would|please|enter|use|using|authentication|auth|mismatch|wrong|bad|expired|failed|failure|error|denied|empty|set|unset|blank|provided|supplied|given|found|unexpected|refused|rejected|revoked|malformed|too|contains?|include[sd]?|same|optional|disabled|enabled|default|prompt|stdin|env|environment|file|files?|flag|option|argument|parameter|value|values|field|column|header|name|never|only|off|redacted|hidden|masked|object|array|function|async|await|new|self|this|the|an?|your|its?|it|one|two|changed|changes|reset|rotation|rotated|verification|verified|store|storage|manager|policy|length|must|needs?|requires?|instead|there|here|you|we|they|end|identifier|keyword|while|after|before)(?![\w-])/i;
const hasDigit = (value: string): boolean => /\d/.test(value);
/** A call, a member, a type: code that handles a secret, and holds none. */
const isCode = (value: string): boolean =>
  /^(?:new\s|await\s|!{0,2}[A-Za-z_$][\w$]{0,60}(?:\?\.|\.|::|->|\(|\[|<)(?![^\s]{0,80}[!@#%^]))/.test(value);
/** Letters that no word has: a digit, or capitals inside. */
const looksRandom = (value: string): boolean => hasDigit(value) || /[a-z][A-Z]|[^\w\s.,:;()-]/.test(value);

// Names whose value is a secret. A name counts by its end, so that `secretName` and `password_hash_rounds` do not.
const KEYS =
  "api|app|application|access|accounts?|auth|client|consumer|encrypt(?:ion)?|decrypt(?:ion)?|sign(?:ing)?|shared|shared[_-]?access|secret|service|session|private|priv|license|master|webhook|deploy|sas|subscription|functions?|admin|write|ingest|jwt|hmac|aes|rsa|ed25519|ssh|gpg|pgp|tls|ssl|cookie|preshared|pre[_-]shared|wpa|security|root|stream|bot|openai|anthropic|stripe|sendgrid|mailgun|datadog|dd|algolia|google|maps|aws|gcp|azure|redis|vault|rails|fernet|crypt(?:o)?";
// Each of them says where something goes on, or what a parser met.
const PLAIN_TOKENS =
  "next|page|continuation|sync|pad|eos|bos|unk|cls|sep|mask|special|num|max|min|cancel(?:l?ation)?|public[_-]?key|stop|start|end|prev(?:ious)?|pagination|unexpected|invalid|syntax|cursor|resume|change|watch";
const NAME =
  "(?:passw(?:or)?d|passwort|pass[_-]?(?:phrase|code|key)|" +
  "(?<=[_-]|(?<![a-z])(?:db|user|smtp|mail|ftp|admin|root|redis|mysql|pg|my|proxy|store|ssh|key))pass|" +
  "(?<![a-z])(?:pwd|psk|pw)|" +
  "secret(?:[_-]?(?:id|value|token|string|base|bytes))?|" +
  `(?<=(?:${KEYS})[_ -]?)key(?:[_-]?(?:base64|base|data|b64|pem|material|value))?|` +
  `(?<=[a-z0-9_-])(?<!(?:${PLAIN_TOKENS})[_-]?)token|` +
  "(?<=[_:-])_?auth(?:[_-]key)?|" +
  "(?<![a-z])(?:phpsessid|jsessionid|connect\\.sid|session[_-]?id)|" +
  "recovery[_-]?code|mnemonic|seed[_-]?phrase)\\d{0,2}";
const QUOTES = "\\\\{0,3}[\"'`]|&quot;|%22";
// In quotes up to the next of the same kind; else up to white space, a quote or what separates such pairs.
const QUOTED =
  '\\\\{1,3}"((?:[^"\\\\\\r\\n]|\\\\(?!["\\\\]))[^"\\r\\n\\\\]{0,1023})|"((?:[^"\\\\]|\\\\[sS]){1,1024})|\'([^\'\\r\\n]{1,1024})|`([^`$]{1,1024})|&quot;([^&\\r\\n]{1,512})|%22([^%\\s]{1,512})';
const BARE = "((?:[^\\s\"'`;&\\\\<>]|\\\\(?![rnt\"'\\\\])){1,1024})";

const NAME_END = new RegExp(`${NAME}$`, "i");
const PLURAL_END = /(?:passwords|secrets|tokens|passphrases)$/i;

/** Whether a value under this name is a secret by itself. */
export const isSecretName = (name: string): boolean =>
  NAME_END.test(name) || /^(?:token|auth|_auth|pass)$/i.test(name) || PLURAL_END.test(name);

/** Whether a value under such a name is one, and not what asks for it. */
export const isSecretValue = (name: string, value: string): boolean => {
  if (value.trim() === "" || isPlaceholder(value) || value.startsWith("[redacted:")) return false;
  if (PROSE.test(value) && /\s/.test(value)) return false;
  // A token's name is a word of many trades; `auth` names a method as often as its secret.
  if (/^auth$/i.test(name)) return /^[A-Za-z0-9+/_=-]{8,}$/.test(value) && looksRandom(value);
  if (/^(?:token|pass)$|(?:passwords|secrets|tokens)$/i.test(name)) return value.length >= 4 && !/\s/.test(value);
  return true;
};

const assigned = (value: string, match: RegExpExecArray): boolean => {
  if (isPlaceholder(value)) return false;
  const [whole] = match;
  const { input, index } = match;
  // The working directory has the name of a password.
  if (/^pwd/i.test(whole) && /^(?:[/~.]|[A-Za-z]:[\\/])/.test(value)) return false;
  const isQuoted = match.at(-1) === undefined;
  // "password:" is a text that asks for one: its second quote begins nothing.
  const closing = /^[^"'`]{0,60}[:=]\s{0,16}(["'`])/.exec(whole)?.[1];
  if (
    closing !== undefined &&
    new RegExp(`${closing}[\\w.:-]{0,59}$`).test(input.slice(Math.max(0, index - 60), index))
  )
    return false;
  if (isQuoted) return value.length >= 3 && !(PROSE.test(value) && /\s/.test(value));
  const after = index + whole.length;
  const isLine =
    /^\s{0,64}(?:[-*+>]\s{1,4})?(?:export\s{1,4}|set\s{1,4}|declare\s{1,4}|\$env:)?["'\w.:/@-]{0,200}$/i.test(
      input.slice(Math.max(0, input.lastIndexOf("\n", Math.max(0, index - 1)) + 1, index - 280), index),
    );
  const isLineEnd = /^\s{0,8}(?:$|[\r\n\\])/.test(input.slice(after, after + 10));
  const separator = /(=>|:=|[:=])\s{0,8}$/.exec(whole.slice(0, whole.length - value.length));
  const isTight = separator?.[0] === "=";
  const bare = value.replace(/[.,:)\]}]{1,4}$/, "");
  if (bare.length < 3 || PROSE.test(bare) || isPlaceholder(bare) || bare.startsWith("[redacted:")) return false;
  if (/^(?:\(|\{|\[|=|\||>|\/\/|\+|-{1,2}$)/.test(bare)) return false;
  if (isTight) return !isCode(bare) || (isLine && hasDigit(bare) && !bare.includes("("));
  if (isCode(bare)) return false;
  if (hasDigit(bare) && bare.length >= 5) return true;
  return isLine && isLineEnd && !/[;,]$/.test(value) && bare.length >= 5;
};

const RULES: readonly Rule[] = [
  // scheme://user:password@host, up to the last @ before a slash.
  { kind: "url-password", pattern: /:\/\/[^\s/:@"'<>]{0,128}:([^\s/"'<>]{1,256})@/dg },
  // A token instead of a user's name.
  {
    kind: "url-password",
    pattern: /:\/\/([^\s/:@"'<>]{8,255})(?::x-oauth-basic)?@/dg,
    accepts: (value, [whole]) =>
      whole.includes(":x-oauth-basic") || (value.length >= 16 && hasDigit(value) && !value.includes(".")),
  },
  { kind: "url-password", pattern: /jdbc:oracle:\w{2,8}:[^\s/:@"']{1,64}\/([^\s/@"']{1,128})@/dgi },
  {
    kind: "url-password",
    pattern: /\b(?:sqlplus|expdp|impdp|sqlldr)\s{1,4}(?:-\w{1,2}\s{1,4})?[\w$#]{1,64}\/([^\s/@"']{1,128})/dgi,
  },
  // What a service gives out to be put into a URL, under a name that is none elsewhere.
  {
    kind: "url-secret",
    pattern:
      /[?&](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature|key|code|auth|sid|apikey|hash|token|secret|pass|pwd)=([^\s&"'<>#]{8,2048})/dgi,
    accepts: (value) => !isPlaceholder(value) && hasDigit(value) && (value.length >= 16 || /[a-z]/i.test(value)),
  },
  // A known scheme, then anything; without one, or with a text instead, it has to look like a value.
  {
    kind: "authorization",
    pattern:
      /authorization(?:["'\\]|%22){0,3}\s{0,3}(?::|=>?|%3A)\s{0,3}["'\\`]{0,3}(?:bearer|basic|token|apikey|api-key|negotiate|ntlm|key|digest|splunk|bot)\s{1,3}["'\\]{0,2}([^\s"'\\,;`<>]{4,8192})/dgi,
  },
  {
    kind: "authorization",
    pattern: /authorization["'\\]{0,3}\s{0,3}[:=]\s{0,3}["'\\`]{0,3}([\w.~+/=:-]{8,8192})/dgi,
    accepts: (value) => !isPlaceholder(value) && !PROSE.test(value) && looksRandom(value) && !isCode(value),
  },
  { kind: "authorization", pattern: /\bsignature=([0-9a-f]{64})\b/dgi },
  { kind: "authorization", pattern: /\b(?:bearer|basic|apikey)\s{1,3}(?=[^\s\d]{0,512}\d)([\w.~+/=-]{16,8192})/dgi },
  // A header's name, as a tool prints it: with quotes or without.
  {
    kind: "secret-header",
    pattern:
      /\bx-(?:[a-z]{1,20}-){0,4}(?:key|token|secret|auth|password|credential)["'\\]{0,3}\s{0,3}[:=]\s{0,3}["'\\]{0,3}([^\s"'\\,;<>]{6,2048})/dgi,
    accepts: (value) => !isPlaceholder(value) && !PROSE.test(value) && !isCode(value),
  },
  {
    kind: "cookie",
    pattern: /cookie["'\\]{0,3}\s{0,3}[:=]\s{0,3}[["'\\]{0,4}(?=[^\s=:"']{1,128}=)([^\r\n"'\\]{4,8192})/dgi,
    accepts: (value) => !isPlaceholder(value) && !isCode(value),
  },
  { kind: "cookie", pattern: /\bcurl\b[^\r\n]{0,300}?\s(?:-b|--cookie)[ =]["']?(?=[^\s=]{1,128}=)([^\s"']{4,4096})/dg },
  // name=value, "name": "value", name: value, :name => 'value', \"name\":\"value\" inside another text
  {
    kind: "assigned-secret",
    pattern: new RegExp(
      `${NAME}(?:${QUOTES})?\\]?\\s{0,3}(?:=>|:=|[:=]|%3[AD])\\s{0,16}(?:string\\(\\d{1,6}\\) )?(?:${QUOTED}|${BARE})`,
      "dgi",
    ),
    accepts: assigned,
  },
  // A name that is a word of many trades, where its form says what it is.
  {
    kind: "assigned-secret",
    pattern: new RegExp(
      `(?<![\\w-])token(?:(?:${QUOTES})\\s{0,3}[:=]\\s{0,8}|\\s{0,2}=\\s{0,2})(?:${QUOTED}|${BARE})`,
      "dgi",
    ),
    accepts: (value, match) => value.length >= 6 && assigned(value, match),
  },
  {
    kind: "assigned-secret",
    pattern:
      /(?<=(?:^|[\r\n])[ \t-]{0,64})(?:token|pass|auth|identitytoken|registrytoken):[ \t]{1,8}([^\s"',;]{6,4096})[ \t]{0,8}(?=$|[\r\n])/dgi,
    accepts: (value) => !isPlaceholder(value) && hasDigit(value) && !isCode(value),
  },
  {
    kind: "assigned-secret",
    pattern: /["'\\](?:auth|pass)\\?["']\s{0,3}:\s{0,3}\\?["']([^\s"'\\]{4,1024})/dg,
    accepts: (value) => !isPlaceholder(value) && looksRandom(value),
  },
  {
    kind: "assigned-secret",
    pattern: /(?<![\w-])token:[ \t]{1,4}([^\s"',;]{12,4096})/dgi,
    accepts: (value) => hasDigit(value) && /[a-z]/i.test(value) && !isPlaceholder(value) && !isCode(value),
  },
  // config set NAME value
  {
    kind: "assigned-secret",
    pattern: new RegExp(
      `\\b(?:set|config)\\s{1,3}[\\w.:/-]{0,60}${NAME}(?:\\.[\\w.-]{1,40})?\\s{1,3}["']?([^\\s"']{3,1024})`,
      "dgi",
    ),
    accepts: (value) => !isPlaceholder(value) && !PROSE.test(value) && looksRandom(value),
  },
  // define('DB_PASSWORD', 'value')
  {
    kind: "assigned-secret",
    pattern: new RegExp(`${NAME}["']\\s{0,3},\\s{0,3}["']([^"'\\r\\n]{4,256})["']\\s{0,3}\\)`, "dgi"),
    accepts: (value) => !isPlaceholder(value) && looksRandom(value),
  },
  {
    kind: "assigned-secret",
    pattern: /(?<![\w-])pass(?:\s{0,2}:\s{0,2}["']([^"'\r\n]{3,256})["']|\s{1,2}=\s{1,2}([^\s"']{6,256}))/dgi,
    accepts: (value) => !isPlaceholder(value) && looksRandom(value) && !isCode(value),
  },
  // SQL, and files of servers that name no value.
  {
    kind: "assigned-secret",
    pattern: /\b(?:identified\s(?:with\s\w{1,40}\s)?by|password)\s{0,3}\(?\s{0,3}'([^'\r\n]{3,256})'/dgi,
    accepts: (value) => !isPlaceholder(value) && !/\s/.test(value) && looksRandom(value),
  },
  { kind: "assigned-secret", pattern: /\b(?:requirepass|masterauth)\s{1,3}["']?([^\s"']{3,256})/dgi },
  // auth=("name", "value"), NetworkCredential("name", "value")
  {
    kind: "assigned-secret",
    pattern:
      /(?:auth|credentials?|login)\s{0,2}=?\s{0,2}\(\s{0,3}["'][^"'\r\n]{1,128}["'],\s{0,3}["']([^"'\r\n]{3,256})["']\s{0,3}\)/dgi,
  },
  {
    kind: "assigned-secret",
    pattern: /\bcredentials?["']?\s{0,2}[:=]\s{0,2}["']?[\w.@-]{1,64}[:/]([^\s"'/]{4,256})/dgi,
    accepts: (value) => !isPlaceholder(value) && looksRandom(value),
  },
  { kind: "authorization", pattern: /\bAUTH\s(?:PLAIN|LOGIN|XOAUTH2)\s([A-Za-z0-9+/=]{8,2048})/dg },
  // What is piped into a command that reads a password, or sent to one that asked for it.
  {
    kind: "secret-flag",
    pattern: /\becho\s{1,3}(?:-n\s{1,3})?["']?[\w.-]{1,64}:([^\s"'|]{3,256})["']?\s{0,3}\|[^\r\n|]{0,40}chpasswd/dg,
  },
  {
    kind: "secret-flag",
    pattern:
      /\becho\s{1,3}(?:-n\s{1,3})?["']?([^\s"'|]{3,1024})["']?\s{0,3}\|[^\r\n|]{0,120}(?:--password-stdin|--with-token|--stdin|sudo\s-S)/dg,
  },
  { kind: "secret-flag", pattern: /assword[^\r\n]{0,40}\s{1,8}send\s{1,3}(?:--\s)?"([^"\\\r\n]{3,256})/dg },
  // YAML's block: the value stands in the next lines.
  {
    kind: "assigned-secret",
    pattern: new RegExp(`${NAME}:[ \\t]{0,8}[|>][-+]?\\d?[ \\t]{0,8}\\r?\\n[ \\t]{1,64}([^\\r\\n]{3,1024})`, "dgi"),
  },
  // <password>value</password>
  {
    kind: "assigned-secret",
    pattern: new RegExp(`<[\\w.:-]{0,60}?${NAME}(?:\\s[^<>]{0,200})?>\\s{0,64}([^<>\\s][^<>]{2,1023})</`, "dgi"),
  },
  // name="password" value="...", "name": "DB_PASSWORD", "value": "...", - name: DB_PASSWORD\n  value: ...
  {
    kind: "assigned-secret",
    pattern: new RegExp(
      `(?<=\\b(?:name|key|id|variable|var|property|option|header)["'\\\\]{0,3}\\s{0,3}[:=]\\s{0,3}["'\\\\]{0,3}[\\w.:-]{0,60})${NAME}["'\\\\]{0,3}\\s{0,3},?\\s{1,60}["'\\\\]{0,3}(?:value|content|val|defaultValue)["'\\\\]{0,3}\\s{0,3}[:=]\\s{0,3}(?:${QUOTED}|${BARE})`,
      "dgi",
    ),
  },
  // The password is b4ckd00r
  {
    kind: "told-secret",
    pattern:
      /\b(?:password|passphrase|passwd|passcode|secret|api[ -]?key|access[ -]?token|token|credentials)\s(?:is|was|are)(?:\snow)?:?\s["'`]?((?=[^\s\d]{0,64}\d)[^\s"'`]{6,512})/dgi,
    accepts: (value) => !isPlaceholder(value) && /[a-z]/i.test(value),
  },
  {
    kind: "secret-flag",
    pattern:
      /(?<=^|[\s"'`[(,])--?[\w-]{0,40}(?:password|passwd|passphrase|pass|passcode|token|secret|pwd|(?:api|access|secret|auth|private|account|storepass|license|encryption)-?key|-pat|storepass|keypass)(?:=|["']?,?\s{1,4})\\?["']?((?:[^\s"'`\\;&|<>]|\\[^rnt"']){3,1024})/dgi,
    accepts: (value, [whole]) =>
      !isPlaceholder(value) &&
      !value.startsWith("-") &&
      (/=[^=]{0,3}$/.test(whole.slice(0, whole.length - value.length)) || !PROSE.test(value)),
  },
  // -u name:password of what speaks HTTP
  {
    kind: "secret-flag",
    pattern:
      /\b(?:curl|wget|xh|https?|httpie)\b(?:[^\r\n\\]|\\[\s\S]){0,300}?\s(?:-u|--user|--proxy-user|-U|-a|--auth|--basic)(?:=|\s{0,2})["'\\]{0,2}[^\s:"'/@]{1,128}:([^\s"'\\]{1,256})/dg,
    accepts: (value) => !isPlaceholder(value) && !value.startsWith("//"),
  },
  {
    kind: "secret-flag",
    pattern: /--(?:proxy-)?user(?:=|\s{1,2})["']?[^\s:"'/@]{1,128}:((?=[^\s"']{0,64}[A-Za-z])[^\s"']{4,256})/dg,
  },
  // -p value of what asks for passwords; -p of others is a port, a project, a path.
  {
    kind: "secret-flag",
    pattern:
      /(?:\blogin|\bsshpass|\b(?:oc|az|cf|helm|mongo\w{0,8}|arangosh|influx|rabbitmqadmin|ldap\w{2,8}|kinit|htpasswd))\b(?:[^\r\n\\]|\\[\s\S]){0,300}?\s-[pw](?:=|\s{0,2})["']?((?=[^\s"'-])[^\s"'\\]{3,256})/dg,
    accepts: (value) => !isPlaceholder(value) && !/^\d{1,5}(?::\d{1,5})?$/.test(value),
  },
  {
    kind: "secret-flag",
    pattern: /\b(?:mysql|mariadb)[\w-]{0,16}\b(?:[^\r\n\\]|\\[\s\S]){0,300}?\s-p["']?((?=[^\s"'-])[^\s"'\\]{3,256})/dg,
  },
  {
    kind: "secret-flag",
    pattern: /\b(?:redis-cli|keydb-cli|valkey-cli)\b[^\r\n]{0,300}?\s-a\s{1,2}["']?([^\s"'\\]{3,256})/dg,
  },
  {
    kind: "secret-flag",
    pattern: /\b(?:sqlcmd|bcp|osql|isql|unzip|zip)\b[^\r\n]{0,300}?\s-P\s{0,2}["']?((?=[^\s"'-])[^\s"'\\]{3,256})/dg,
  },
  { kind: "secret-flag", pattern: /\b7z\w?\b[^\r\n]{0,300}?\s-p((?=[^\s"'-])[^\s"'\\]{3,256})/dg },
  {
    kind: "secret-flag",
    pattern: /\s-u\s{0,2}["']?[\w.@\\-]{1,128}["']?\s{1,4}-p\s{0,2}["']?((?=[^\s"'-])[^\s"'\\]{3,256})/dg,
    // There, what stands apart is the name of a database.
    accepts: (value, { input, index }) =>
      !isPlaceholder(value) && !/\b(?:mysql|mariadb)/.test(input.slice(Math.max(0, index - 200), index)),
  },
  {
    kind: "secret-flag",
    pattern:
      /\s-p\s{1,2}["']?((?=[^\s"'-])(?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)[^\s"'\\/.:]{6,256})(?=["']?(?:\s|$))/dg,
  },
  { kind: "secret-flag", pattern: /(?:-pass(?:in|out)?\s{1,2}["']?|\s)pass:([^\s"']{3,256})/dg },
  { kind: "secret-flag", pattern: /\bnet\s{1,3}use\b[^\r\n]{0,200}?\s\/user:\S{1,128}\s{1,3}((?=[^\s/])\S{3,128})/dgi },
  { kind: "secret-flag", pattern: /\bsmbclient\b[^\r\n]{0,200}?\s-U\s{0,2}["']?[^\s%"']{1,128}%([^\s"']{3,128})/dg },
  // Flags of Windows.
  {
    kind: "secret-flag",
    pattern: /\s\/(?:p|pass|password|pwd|rp):([^\s"':/]{4,256})/dgi,
    accepts: (value) => !isPlaceholder(value) && looksRandom(value),
  },
  {
    kind: "secret-flag",
    pattern: /\bhtpasswd\s{1,3}-\w{0,6}b\w{0,6}\s{1,3}\S{1,128}\s{1,3}\S{1,64}\s{1,3}([^\s"']{3,256})/dg,
  },
  // .netrc
  {
    kind: "netrc",
    pattern:
      /\b(?:machine\s{1,16}\S{1,256}|default)\s{1,16}login\s{1,16}\S{1,256}\s{1,16}password\s{1,16}(\S{1,512})/dg,
  },
  {
    kind: "netrc",
    pattern: /\blogin\s{1,16}\S{1,128}\s{1,16}password\s{1,16}(\S{4,512})/dg,
    accepts: (value) => !isPlaceholder(value) && !PROSE.test(value) && looksRandom(value),
  },
  // .pgpass: host:port:database:user:password. A host has a dot, a star or a letter beyond hexadecimal; addresses of cards do not.
  {
    kind: "pgpass",
    pattern:
      /(?<=^|[\s"'`])(?=[^:\s]{0,253}[.*g-zG-Z])[\w.*-]{1,253}:(?:\d{4,5}|\*):[^:\s"'/]{1,64}:[^:\s"'/]{1,64}:([^\s"'`]{3,256})/dg,
    accepts: (value) => !isPlaceholder(value) && !/^\d{1,6}$/.test(value),
  },
  // Cut by the end of a line, it goes on in the next: lines that look like it.
  {
    kind: "jwt",
    pattern:
      /(?<![\w-])(?<!base64,)(eyJ[\w-]{8,4096}(?:\.[\w-]{1,4096}|\\?[ \t]{0,8}(?:\r?\n|\\r\\n|\\n)[ \t>|]{0,32}(?=[\w-]{0,64}(?:\d|[a-z][A-Z]))(?:\.?[\w-]{12,4096}|\.[\w-]{1,4096})|[ \t]{0,8}(?:\r?\n|\\n)[ \t>|]{0,32}\.[\w-]{4,4096}){0,64})/dg,
  },
  // A JSON Web Key's private part.
  { kind: "private-key", pattern: /"kty"[^{}]{0,1024}"d"\s{0,3}:\s{0,3}"([\w-]{16,1024})"/dg },
  { kind: "private-key", pattern: /"d"\s{0,3}:\s{0,3}"([\w-]{16,1024})"(?=[^{}]{0,1024}"kty")/dg },
  // Whole, in one line or many; cut at the end of the text; or cut by the next line of a log: then the lines that look like it.
  {
    kind: "private-key",
    pattern:
      /(-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}(?:(?:[^-]|-(?!----)){0,16384}(?:-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|(?=-----BEGIN )|$)|(?:(?:\\[rn]|\s){0,4}[A-Za-z0-9+/=]{16,128}){1,200}))/dg,
  },
  // Its beginning was cut away. Read backwards from its last line.
  {
    kind: "private-key",
    pattern: /(?<=((?:[A-Za-z0-9+/=]{4,128}(?:\\r\\n|\\n|\s){1,4}){1,200}))-----END [A-Z0-9 ]{0,40}PRIVATE KEY/dg,
  },
  { kind: "private-key", pattern: /\bPrivate-Lines: \d{1,3}\s{1,4}((?:[A-Za-z0-9+/=]{4,128}\s{1,4}){1,200})/dg },
];

/** Tests hold these to what the comment above says. */
export const SECRET_PATTERNS: readonly RegExp[] = [...RULES.map(({ pattern }) => pattern), NAME_END];

export const findByRules = (text: string): Found[] => {
  const found: Found[] = [];
  for (const { kind, pattern, accepts = (value: string) => !isPlaceholder(value) } of RULES) {
    for (const match of text.matchAll(pattern)) {
      const range = match.indices?.slice(1).find((group) => group !== undefined);
      if (range === undefined || !accepts(text.slice(...range), match)) continue;
      found.push({ start: range[0], end: range[1], kind });
    }
  }
  return found;
};
