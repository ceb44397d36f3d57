/** The other half of the corpus: tokens of services, connection strings, keys, wrapped and cut ones, and what names a person. */
import { LATER } from "./later-secrets.fixture.js";
import { b64, type Draw, NAMED, named, type Row, token } from "./secret-contexts.fixture.js";

/** Put together at run time, so that no scanner takes this file for a leak. */
const join = (...parts: readonly string[]): string => parts.join("");
const KEY = ["PRIVATE", "KEY"].join(" ");
const pem = (kind: string, body: string, line: string): string =>
  `-----BEGIN ${kind}${KEY}-----${line}${body}${line}-----END ${kind}${KEY}-----`;
const jwt = (d: Draw): readonly [string, string, string] => [
  `${b64('{"alg":"HS256"}').replace(/=+$/, "")}`,
  `${b64(`{"sub":"${d.digits(6)}","n":"${d.letters(8)}"}`).replace(/=+$/, "")}`,
  d.base64url(43),
];

const TOKENS: readonly Row[] = [
  token("aws access key id", (d) => join("AK", "IA", d.upper(16))),
  token("aws session key id", (d) => join("AS", "IA", d.upper(16))),
  token(
    "aws secret key",
    (d) => d.base64(40),
    (s) => `aws_secret_access_key = ${s}`,
  ),
  token(
    "aws secret key in yaml",
    (d) => d.base64(40),
    (s) => `  AWS_SECRET_ACCESS_KEY: ${s}\n`,
  ),
  token("gcp api key", (d) => join("AI", "za", d.base64url(35))),
  token("gcp access token", (d) => join("ya", "29.", d.base64url(60))),
  token("gcp client secret", (d) => join("GOC", "SPX-", d.base64url(28))),
  token("gcp refresh token", (d) => join("1/", "/0", d.base64url(40))),
  token("azure client secret", (d) => join(d.letters(3), "8Q~", d.letters(34))),
  token(
    "azure account key",
    (d) => `${d.base64(86)}==`,
    (s) => `DefaultEndpointsProtocol=https;AccountName=x;AccountKey=${s};EndpointSuffix=core.example`,
  ),
  token(
    "azure service bus",
    (d) => `${d.base64(43)}=`,
    (s) => `Endpoint=sb://x.example/;SharedAccessKeyName=Root;SharedAccessKey=${s}`,
  ),
  token(
    "azure sas",
    (d) => `${d.alnum(40)}%3D`,
    (s) => `https://x.blob.example/c?sv=2024-01-01&sp=r&sig=${s}&se=1`,
  ),
  token("github classic", (d) => join("gh", "p_", d.alnum(36))),
  token("github server", (d) => join("gh", "s_", d.alnum(36))),
  token("github fine-grained", (d) => join("github", "_pat_", d.alnum(22), "_", d.alnum(59))),
  token("github, cut", (d) => join("gh", "o_", d.alnum(20))),
  token(
    "github as user",
    (d) => join("gh", "p_", d.alnum(36)),
    (s) => `git clone https://${s}@github.example/x/y`,
  ),
  token(
    "github x-oauth-basic",
    (d) => d.hex(40),
    (s) => `git clone https://${s}:x-oauth-basic@github.example/x/y`,
  ),
  token("gitlab", (d) => join("gl", "pat-", d.base64url(20))),
  token("gitlab runner", (d) => join("gl", "rt-", d.base64url(20))),
  token("slack bot", (d) => join("xo", "xb-", d.digits(12), "-", d.digits(12), "-", d.alnum(24))),
  token(
    "slack webhook",
    (d) => join("hooks.sl", "ack.com/services/T", d.upper(8), "/B", d.upper(8), "/", d.alnum(24)),
    (s) => `POST https://${s} 404`,
  ),
  token("stripe live", (d) => join("sk_", "live_", d.alnum(24))),
  token("stripe restricted", (d) => join("rk_", "live_", d.alnum(24))),
  token("stripe webhook", (d) => join("wh", "sec_", d.alnum(32))),
  token("openai project", (d) => join("sk-", "proj-", d.base64url(74))),
  token("openai classic", (d) => join("s", "k-", d.alnum(48))),
  token("anthropic", (d) => join("sk-", "ant-api03-", d.base64url(90))),
  token("openrouter", (d) => join("sk-", "or-v1-", d.hex(64))),
  token("npm", (d) => join("np", "m_", d.alnum(36))),
  token("pypi", (d) => join("py", "pi-AgEIcHlwaS5vcmc", d.base64url(80))),
  token("rubygems", (d) => join("ruby", "gems_", d.hex(48))),
  token("huggingface", (d) => join("h", "f_", d.letters(34))),
  token("twilio", (d) => join("S", "K", d.hex(32))),
  token("sendgrid", (d) => join("S", "G.", d.base64url(22), ".", d.base64url(43))),
  token("mailgun", (d) => join("ke", "y-", d.hex(32))),
  token("mailchimp", (d) => join(d.hex(32), "-us", "12")),
  token("brevo", (d) => join("xkey", "sib-", d.hex(64), "-", d.alnum(16))),
  token("digitalocean", (d) => join("do", "p_v1_", d.hex(64))),
  token(
    "telegram",
    (d) => join(d.digits(9), ":A", "A", d.base64url(33)),
    (s) => `https://api.telegram.example/bot/${s}/x`,
  ),
  token(
    "discord webhook",
    (d) => join("discord.com/api/", "webhooks/", d.digits(18), "/", d.base64url(68)),
    (s) => `POST https://${s}`,
  ),
  token("new relic", (d) => join("NR", "AK-", d.upper(27))),
  token("sentry", (d) => join("sn", "trys_", d.base64url(60))),
  token("doppler", (d) => join("d", "p.pt.", d.alnum(43))),
  token("atlassian", (d) => join("AT", "ATT3", d.base64url(100))),
  token("pulumi", (d) => join("pu", "l-", d.hex(40))),
  token("postman", (d) => join("PM", "AK-", d.hex(24), "-", d.hex(34))),
  token("planetscale", (d) => join("psc", "ale_tkn_", d.alnum(40))),
  token("supabase", (d) => join("sb", "p_", d.hex(40))),
  token("terraform cloud", (d) => join(d.alnum(14), ".atl", "asv1.", d.alnum(67))),
  token("vault", (d) => join("hv", "s.", d.base64url(90))),
  token("airtable", (d) => join("pa", "t", d.alnum(14), ".", d.hex(64))),
  token("groq", (d) => join("gs", "k_", d.alnum(52))),
  token("linear", (d) => join("lin", "_api_", d.alnum(40))),
  token("databricks", (d) => join("da", "pi", d.hex(32))),
  token("docker hub", (d) => join("dckr", "_pat_", d.base64url(27))),
  token("tailscale", (d) => join("ts", "key-auth-", d.alnum(12), "-", d.alnum(32))),
  token("shopify", (d) => join("shp", "at_", d.hex(32))),
  token("netlify", (d) => join("nf", "p_", d.alnum(36))),
  token("age", (d) => join("AGE-SECRET", "-KEY-1", d.upper(58))),
];

const CONNECTIONS: readonly Row[] = [
  named("postgres", (s) => `connect postgres://app:${s}@db.example:5432/shop failed`),
  named("postgresql with options", (s) => `postgresql+psycopg://app:${s}@db/shop?sslmode=require`),
  named("mongodb", (s) => `MongoServerError at mongodb+srv://app:${s}@c0.example/shop?w=majority`),
  named("mysql url", (s) => `mysql2://root:${s}@localhost:3306/shop`),
  named("redis without user", (s) => `redis://:${s}@cache:6379/0`),
  named("amqp", (s) => `amqps://app:${s}@mq.example/vhost`),
  named("jdbc with parameters", (s) => `jdbc:postgresql://db:5432/shop?user=app&password=${s}`),
  named("jdbc oracle", (s) => `jdbc:oracle:thin:app/${s}@db:1521:xe`),
  named("sql server", (s) => `Server=tcp:db.example,1433;Database=shop;User Id=sa;Password=${s};Encrypt=True;`),
  named("sql server, short", (s) => `Data Source=db;Initial Catalog=shop;Uid=sa;Pwd=${s};`),
  named("odbc", (s) => `Driver={ODBC Driver 18};Server=db;UID=sa;PWD=${s}`),
  named("libpq", (s) => `host=db port=5432 user=app password=${s} dbname=shop`),
  named("basic auth in a url", (s) => `fatal: unable to access 'https://ci:${s}@git.example/x.git/'`),
  named("ftp", (s) => `ftp://ci:${s}@files.example/out`),
  named("proxy", (s) => `HTTPS_PROXY=http://ci:${s}@proxy.example:3128`),
  named("with an at sign", (s) => `redis://app:pa@${s}@cache:6379`),
];

const KEYS: readonly Row[] = [
  ["rsa", (d) => ((k) => [`read ${pem("RSA ", k, "\n")} failed`, k] as const)(d.base64(64))],
  ["pkcs8 over lines", (d) => ((a, b) => [pem("", `${a}\n${b}`, "\n"), a, b] as const)(d.base64(64), d.base64(64))],
  ["one line", (d) => ((k) => [`key: "${pem("EC ", k, "\\n")}"`, k] as const)(d.base64(64))],
  ["one line with spaces", (d) => ((k) => [`SSH_KEY=${pem("OPENSSH ", k, " ")}`, k] as const)(d.base64(64))],
  ["cut at the end", (d) => ((k) => [`-----BEGIN OPENSSH ${KEY}-----\n${k}`, k] as const)(d.base64(64))],
  [
    "cut at the beginning",
    (d) => ((a, b) => [`${a}\n${b}\n-----END RSA ${KEY}-----`, a, b] as const)(d.base64(64), d.base64(40)),
  ],
  [
    "cut by a log",
    (d) => ((k) => [`-----BEGIN EC ${KEY}-----\n${k}\n[10:00] a line of the log`, k] as const)(d.base64(64)),
  ],
  [
    "pgp",
    (d) =>
      ((k) => [`-----BEGIN PGP ${KEY} BLOCK-----\n\n${k}\n-----END PGP ${KEY} BLOCK-----`, k] as const)(d.base64(64)),
  ],
  [
    "putty",
    (d) =>
      ((k) => [`PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n${k}\nPrivate-MAC: x`, k] as const)(d.base64(64)),
  ],
  [
    "service account",
    (d) => ((k) => [`{"type":"service_account","private_key":"${pem("", k, "\\n")}\\n"}`, k] as const)(d.base64(64)),
  ],
  [
    "json web key",
    (d) => ((k) => [`{"kty":"OKP","crv":"Ed25519","x":"${d.base64url(43)}","d":"${k}"}`, k] as const)(d.base64url(43)),
  ],
  ["wireguard", (d) => ((k) => [`[Interface]\nPrivateKey = ${k}=\nAddress = 10.0.0.2/32`, k] as const)(d.base64(43))],
  [
    "kubeconfig key",
    (d) => ((k) => [`users:\n- name: ci\n  user:\n    client-key-data: ${k}==\n`, k] as const)(d.base64(120)),
  ],
  ["kubeconfig token", (d) => ((k) => [`users:\n- name: ci\n  user:\n    token: ${k}\n`, k] as const)(d.alnum(32))],
];

const WRAPPED: readonly Row[] = [
  ["jwt", (d) => (([h, p, s]) => [`token ${h}.${p}.${s} expired`, p, s] as const)(jwt(d))],
  [
    "jwt cut by line ends",
    (d) =>
      (([h, p, s]) =>
        [
          `token\n${h}.${p.slice(0, 20)}\n${p.slice(20)}.${s.slice(0, 20)}\n${s.slice(20)}\nexpired`,
          p.slice(20),
          s.slice(20),
        ] as const)(jwt(d)),
  ],
  ["jwt cut at the end", (d) => (([h, p]) => [`${h}.${p.slice(0, 24)}`, p.slice(0, 24)] as const)(jwt(d))],
  token(
    "bearer",
    (d) => d.alnum(20),
    (s) => `Authorization: Bearer ${s}`,
  ),
  token(
    "bearer in code",
    (d) => d.alnum(24),
    (s) => `fetch(u, { headers: { Authorization: "Bearer ${s}" } })`,
  ),
  token(
    "basic",
    (d) => b64(`ci:${d.password()}`),
    (s) => `curl -H 'Authorization: Basic ${s}' u`,
  ),
  token(
    "token scheme",
    (d) => d.letters(20),
    (s) => `authorization: token ${s}`,
  ),
  token(
    "proxy authorization",
    (d) => b64(`ci:${d.password()}`),
    (s) => `Proxy-Authorization: Basic ${s}`,
  ),
  token(
    "bare authorization",
    (d) => d.hex(32),
    (s) => `{"authorization":"${s}"}`,
  ),
  token(
    "docker config",
    (d) => b64(`ci:${d.password()}`),
    (s) => `{"auths":{"reg.example":{"auth":"${s}"}}}`,
  ),
  token(
    "npmrc _auth",
    (d) => b64(`ci:${d.password()}`),
    (s) => `//npm.example/:_auth=${s}`,
  ),
  token(
    "npmrc _authToken",
    (d) => d.alnum(36),
    (s) => `//npm.example/:_authToken=${s}`,
  ),
  token(
    "base64 of a config",
    (d) => b64(`user=ci\npassword=${d.password()}\n`),
    (s) => `echo ${s} | base64 -d > .env`,
  ),
  token(
    "base64 of a url",
    (d) => b64(`postgres://ci:${d.password()}@db/shop`),
    (s) => `data:\n  dsn: ${s}\n`,
  ),
  token(
    "kubernetes secret",
    (d) => b64(d.password()),
    (s) => `kind: Secret\ndata:\n  password: ${s}\n`,
  ),
  named("cookie", (s) => `> Cookie: session=${s}; theme=dark`),
  token(
    "curl cookie",
    (d) => d.alnum(24),
    (s) => `curl -b 'sid=${s}' https://x.example`,
  ),
  token(
    "java session",
    (d) => d.upper(32),
    (s) => `GET /shop;JSESSIONID=${s}?x=1`,
  ),
  token(
    "signed url",
    (d) => d.hex(64),
    (s) => `https://b.s3.example/k?X-Amz-Expires=60&X-Amz-Signature=${s}`,
  ),
];

const PERSONAL: readonly Row[] = [
  ["e-mail", (d) => ((n) => [`no account for ${n}@corp.example`, n] as const)(d.word())],
  ["e-mail in brackets", (d) => ((n) => [`Author: X <${n}.b@mail.corp.example>`, n] as const)(d.word())],
  ["e-mail in a query", (d) => ((n) => [`GET /u?mail=${n}@corp.example 404`, n] as const)(d.word())],
  ["linux home", (d) => ((n) => [`Cannot find module './x' at /home/${n}/app/index.js:12:3`, n] as const)(d.word())],
  ["linux home alone", (d) => ((n) => [`HOME=/home/${n}`, n] as const)(d.word())],
  ["mac home", (d) => ((n) => [`EACCES: permission denied, open '/Users/${n}/.config/x'`, n] as const)(d.word())],
  ["windows home", (d) => ((n) => [`at C:\\Users\\${n}\\app\\index.js:1:1`, n] as const)(d.word())],
  ["windows home, escaped", (d) => ((n) => [`{"cwd":"C:\\\\Users\\\\${n}\\\\app"}`, n] as const)(d.word())],
  ["windows home with a space", (d) => ((n) => [`"C:\\Users\\Ada ${n}\\app.exe" was not found`, n] as const)(d.word())],
  ["windows home with slashes", (d) => ((n) => [`C:/Users/${n}/x`, n] as const)(d.word())],
  ["file url", (d) => ((n) => [`at file:///home/${n}/app/x.mjs:3:9`, n] as const)(d.word())],
  ["windows file url", (d) => ((n) => [`at file:///C:/Users/${n}/x.mjs:3:9`, n] as const)(d.word())],
  ["subsystem for linux", (d) => ((n) => [`/mnt/c/Users/${n}/x failed`, n] as const)(d.word())],
  ["git bash", (d) => ((n) => [`/c/Users/${n}/x failed`, n] as const)(d.word())],
  ["encoded home", (d) => ((n) => [`?path=%2Fhome%2F${n}%2Fx`, n] as const)(d.word())],
];

/** The whole corpus, drawn anew for each seed. */
export const secrets: readonly Row[] = [
  ...NAMED,
  ...TOKENS,
  ...CONNECTIONS,
  ...KEYS,
  ...WRAPPED,
  ...PERSONAL,
  ...LATER,
];
