/**
 * An invented corpus of secrets as they stand in reports: each row makes a text and says which part of it must not pass. Values are drawn at
 * run time from a seed and prefixes are put together, so that no scanner takes this file for a leak.
 */

/** A linear congruential generator (constants of Numerical Recipes): the same draw on every platform. */
export const createDraw = (seed: number) => {
  let state = seed >>> 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
  const of = (chars: string, length: number): string =>
    Array.from({ length }, () => chars[next(chars.length)] as string).join("");
  const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const LOWER = UPPER.toLowerCase();
  const DIGITS = "0123456789";
  return {
    hex: (length: number): string => `${of("abcdef", 1)}${of(`${DIGITS}abcdef`, length - 2)}7`,
    letters: (length: number): string => of(LOWER, length),
    upper: (length: number): string => of(`${UPPER}${DIGITS}`, length),
    digits: (length: number): string => of("123456789", length),
    alnum: (length: number): string => `${of(LOWER, 1)}${of(UPPER + LOWER + DIGITS, length - 3)}4Q`,
    base64url: (length: number): string => `${of(LOWER, 1)}${of(`${UPPER + LOWER + DIGITS}_-`, length - 3)}8Z`,
    base64: (length: number): string => `${of(UPPER + LOWER, 1)}${of(`${UPPER + LOWER + DIGITS}+/`, length - 3)}k5`,
    /** As people choose them. */
    password: (): string => `${of(LOWER, 6)}${of("!#%^*+", 1)}${of(DIGITS, 3)}`,
    /** Without a digit or a sign. */
    word: (): string => of(LOWER, 11),
  };
};

export type Draw = ReturnType<typeof createDraw>;
/** A text, and the parts of it that are secret. */
export type Sample = readonly [text: string, ...secrets: string[]];
export type Row = readonly [name: string, make: (draw: Draw) => Sample];

export const b64 = (text: string): string => btoa(text);
/** A secret beside a name: what the value is worth is known by the name alone. */
export const named = (name: string, text: (secret: string) => string): Row => [
  name,
  (d) => {
    const secret = d.password();
    return [text(secret), secret];
  },
];
export const token = (
  name: string,
  make: (d: Draw) => string,
  around = (t: string) => `request with ${t} was refused`,
): Row => [
  name,
  (d) => {
    const secret = make(d);
    return [around(secret), secret];
  },
];

export const NAMED: readonly Row[] = [
  named("env line", (s) => `DB_PASSWORD=${s}\nPORT=8080`),
  named("env export", (s) => `export PGPASSWORD='${s}'`),
  named("env before a command", (s) => `RESTIC_PASSWORD=${s} restic snapshots failed`),
  named("windows set", (s) => `set API_SECRET=${s}`),
  named("powershell", (s) => `$env:CLIENT_SECRET = "${s}"`),
  named("dockerfile", (s) => `ENV ADMIN_PASSWORD=${s}`),
  named("ini", (s) => `[mail]\nhost = smtp.example\npassword = ${s}\n`),
  named("toml", (s) => `[auth]\nclient_secret = "${s}"\n`),
  named("properties", (s) => `spring.datasource.password=${s}\nspring.datasource.username=app`),
  named("yaml", (s) => `database:\n  user: app\n  password: ${s}\n  port: 5432`),
  named("yaml quoted", (s) => `smtp:\n  password: "${s}"`),
  named("yaml block", (s) => `apiSecret: |\n  ${s}\nnext: 1`),
  named(
    "yaml list of variables",
    (s) => `env:\n  - name: DB_PASSWORD\n    value: ${s}\n  - name: PORT\n    value: "1"`,
  ),
  named("json", (s) => `{"user":"app","password":"${s}"}`),
  named("json over lines", (s) => `{\n  "client_secret":\n    "${s}"\n}`),
  named("json in json", (s) => `curl -d "{\\"password\\":\\"${s}\\"}" failed`),
  named("json twice escaped", (s) => `body: "{\\\\\\"password\\\\\\":\\\\\\"${s}\\\\\\"}"`),
  named("json name and value", (s) => `{"name": "API_TOKEN", "value": "${s}"}`),
  named("javascript object", (s) => `connect({ user: "app", password: "${s}" })`),
  named("javascript template", (s) => `const apiKey = \`${s}\`;`),
  named("python argument", (s) => `psycopg2.connect(host="db", password='${s}')`),
  named("python dict", (s) => `{'api_key': '${s}', 'n': 1}`),
  named("ruby hash", (s) => `{:password => '${s}'}`),
  named("go struct", (s) => `Config{Password: "${s}", Port: 1}`),
  named("java property", (s) => `java -Ddb.password=${s} -jar app.jar`),
  named("php define", (s) => `$config['password'] = '${s}';`),
  named("xml element", (s) => `<server><username>ci</username><password>${s}</password></server>`),
  named("xml attribute", (s) => `<add key="SmtpPassword" value="${s}" />`),
  named("xml connection", (s) => `<user name="app" password="${s}"/>`),
  token(
    "url query",
    (d) => d.alnum(12),
    (s) => `GET https://api.example/v1?user=a&api_key=${s}&page=2 gave 403`,
  ),
  named("form body", (s) => `grant_type=password&username=app&password=${s}&scope=all`),
  named("log line", (s) => `2026-01-02 10:11:12 DEBUG login with password=${s} for app`),
  named("log line with colon", (s) => `login failed, password: ${s} for app`),
  named("told", (s) => `the password is ${s} on staging`),
  named("header of a gateway", (s) => `> X-Api-Key: ${s}`),
  named("header in json", (s) => `{"headers": {"x-auth-token": "${s}"}}`),
  named("flag with equals", (s) => `deploy --token=${s} --region eu`),
  named("flag with space", (s) => `npm publish --password ${s}`),
  named("flag quoted", (s) => `vault login --client-secret "${s}"`),
  named("flag in an array", (s) => `spawn("deploy", ["--password", "${s}"])`),
  named("curl -u", (s) => `curl -sS -u admin:${s} https://ci.example/job`),
  named("curl --user over lines", (s) => `curl https://ci.example \\\n  --user admin:${s} \\\n  -o out`),
  named("wget", (s) => `wget --user=ci --password=${s} https://files.example/x`),
  named("httpie", (s) => `http -a admin:${s} GET api.example/x`),
  named("mysql -p", (s) => `mysql -h db -u root -p${s} shop < dump.sql`),
  named("mysqldump -p", (s) => `mysqldump -uroot -p'${s}' shop`),
  named("sshpass", (s) => `sshpass -p ${s} ssh root@10.0.0.3`),
  named("docker login", (s) => `docker login registry.example -u ci -p ${s}`),
  named("helm registry login", (s) => `helm registry login reg.example -u ci -p '${s}'`),
  named("a command of one's own", (s) => `./deploy.sh -u ci -p ${s}`),
  named("redis-cli", (s) => `redis-cli -h cache -a ${s} ping`),
  named("mongosh", (s) => `mongosh db/shop -u app -p ${s}`),
  named("sqlcmd", (s) => `sqlcmd -S db -U sa -P ${s} -Q "select 1"`),
  named("unzip", (s) => `unzip -P ${s} backup.zip`),
  named("openssl", (s) => `openssl rsa -in key.pem -passin pass:${s}`),
  named("keytool", (s) => `keytool -list -keystore k.jks -storepass ${s}`),
  named("ldapsearch", (s) => `ldapsearch -x -D cn=admin -w ${s} -b dc=example`),
  named("net use", (s) => `net use \\\\files\\share /user:CORP\\ci ${s}`),
  named("netrc", (s) => `machine files.example\n  login ci\n  password ${s}\n`),
  named("netrc in a line", (s) => `machine files.example login ci password ${s}`),
  named("pgpass", (s) => `db.example:5432:shop:app:${s}`),
  [
    "npmrc password",
    (d) => {
      const secret = b64(d.password());
      return [`//npm.example/:username=ci\n//npm.example/:_password="${secret}"`, secret];
    },
  ],
  named("terraform", (s) => `variable "db" {\n  master_password = "${s}"\n}`),
  named("ansible", (s) => `ansible_become_password: ${s}`),
  named("gradle", (s) => `signing.secretKey=${s}`),
  named("session cookie", (s) => `Set-Cookie: sid=${s}; Path=/; HttpOnly`),
];
