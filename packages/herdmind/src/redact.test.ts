import type { JsonValue } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findSecret, mayHoldSecret, redact } from "./redact.js";

// Assembled at run time, so that no scanner takes this file for a leak.
const join = (...parts: readonly string[]): string => parts.join("");
const SECRETS: readonly (readonly [kind: string, text: string, secret: string])[] = [
  ["database-connection-string", "connect postgres://app:tr0ub4dor@db.example:5432/x failed", "tr0ub4dor"],
  ["url-password", "GET https://me:s3cr3tword@host/x?y=1 gave 401", "s3cr3tword"],
  ["authorization", "Authorization: Bearer abcdefghij0123456789", "abcdefghij0123456789"],
  ["assigned-secret", "login failed: password=hunter2hunter2 for bob", "hunter2hunter2"],
  ["assigned-secret", '{"api_key": "q1w2e3r4t5y6"}', "q1w2e3r4t5y6"],
  ["assigned-secret", "export DB_PASSWORD='correct-horse'", "correct-horse"],
  ["secret-flag", "npm publish --token abcd1234efgh", "abcd1234efgh"],
  ["jwt", join("sent eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0", ".c2lnbmF0dXJlYnl0ZXM"), "eyJhbGciOiJIUzI1NiJ9"],
  [
    "private-key",
    join("-----BEGIN RSA PRIV", "ATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIV", "ATE KEY-----"),
    "MIIEpAIBAAKCAQEA7",
  ],
  [
    "private-key",
    join("-----BEGIN OPENSSH PRIV", "ATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA"),
    "b3BlbnNzaC1rZXktdjEAAAAA",
  ],
  [
    "github",
    join("remote: gh", "p_016C7p0GbqvPYcT3zJk2Yd8eXkQwZb1H2a3B rejected"),
    "016C7p0GbqvPYcT3zJk2Yd8eXkQwZb1H2a3B",
  ],
  ["assigned-secret", 'curl -d "{\\"password\\":\\"hunter2hunter2\\"}"', "hunter2hunter2"],
  ["assigned-secret", 'connect({ password: "correct horse battery" })', "horse battery"],
  ["assigned-secret", ":password => 'correct horse'", "horse"],
  ["assigned-secret", "GITHUB_TOKEN=q1w2e3r4t5y6 npm publish", "q1w2e3r4t5y6"],
  ["assigned-secret", '{"token": "q1w2e3r4t5y6"}', "q1w2e3r4t5y6"],
  ["assigned-secret", "DB_PASS=q1w2e3r4", "q1w2e3r4"],
  ["assigned-secret", "//npm.example/:_auth=Ym9iOmh1bnRlcjI=", "Ym9iOmh1bnRlcjI"],
  ["url-password", "redis://app:pa@ssw0rdpart@cache:6379", "ssw0rdpart"],
  ["authorization", "Authorization: token q1w2e3r4t5y6", "q1w2e3r4t5y6"],
  ["cookie", "> Cookie: session=q1w2e3r4t5y6; theme=dark", "q1w2e3r4t5y6"],
  [
    "private-key",
    join("-----BEGIN EC PRIV", "ATE KEY-----\nMHcCAQEEIIGlRFHbmJ3cWq\n", "[10:00] a line of the log\n".repeat(600)),
    "MHcCAQEEIIGlRFHbmJ3cWq",
  ],
  ["slack", join("xo", "xb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx"), "abcdefghijklmnopqrstuvwx"],
];

const HARMLESS = [
  "connect ECONNREFUSED 127.0.0.1:8080",
  "npm error code ERESOLVE could not resolve",
  "TypeError: Cannot read properties of undefined (reading 'map')",
  "see https://example.org/docs/errors?page=2",
  "fatal: unable to access 'https://example.org/repo.git/'",
  "TS2741: Property 'password' is missing in type '{ apiKey: string; }' but required in type 'Config'.",
  "error TS2322: Type '{ secret: undefined; }' is not assignable to type 'Auth'.",
  "error[E0308]: struct Config { api_key: Option<String>, password: &str }",
  "SyntaxError: Unexpected token functionDeclarationStatement",
  "Parsing error: Unexpected token /src/components/App.tsx",
  "basic internationalization support is missing",
  "Invalid password - please try again",
  "access_key -- required field",
  "Enter passphrase for key '/root/.ssh/id_rsa':",
  "git@github.com: Permission denied (publickey).",
  "export PGPASSWORD=$DB_PASSWORD before you run psql",
  join("set password: $", "{{ secrets.DB_PASSWORD }} in the workflow"),
  "const apiKey = process.env.OPENAI_API_KEY;",
  "api_key=os.environ['OPENAI_API_KEY']",
  "Set POSTGRES_PASSWORD=<your password>",
  "password: ********",
  "authToken: Expected string, received undefined",
  "api_key: must be set",
  "cookie: must be a string",
  "ssh://git@github.com:org/repo.git",
  "GET http://localhost:4873/@scope%2fpkg: not found",
];

/** Long texts, each made to have some pattern begin everywhere and never match. */
const HOSTILE = [
  "a-",
  "a+.-",
  "a://",
  "http://aaaa:",
  "x://:",
  "x://a:b@",
  "password",
  "password= ",
  'password:\\"',
  "secret   ",
  "api-api_",
  "bearer ",
  "bearer a",
  "authorization: a ",
  "cookie: ",
  "cookie: aaaaaaaaaaaa",
  "eyJ",
  "eyJaaaaaaaa.",
  "--token ",
  "_",
  join("-----BEGIN A PRIV", "ATE KEY-----"),
  "-----BEGIN ",
  join("-----BEGIN PRIV", "ATE KEY-----aaaa"),
  "-a-----",
  "secret=\n",
] as const;

describe("E2 secrets are removed before a record is signed", () => {
  it.each(SECRETS)("E2 replaces a %s", async (kind, text, secret) => {
    const { value, redactions } = await redact({ note: text });
    expect(value.note).not.toContain(secret);
    expect(value.note).toContain("[redacted:");
    expect(redactions.map((one) => one.path)).toContain("note");
    if (!["github", "slack", "database-connection-string"].includes(kind))
      expect(redactions.map((one) => one.kind)).toContain(kind);
  });

  it.each(HARMLESS)("E2 leaves a text without a secret as it is: %s", async (text) => {
    expect(await redact({ note: text })).toEqual({ value: { note: text }, redactions: [] });
  });

  it("E2 replaces a value by the name of its key, and a secret in a key", async () => {
    const { value, redactions } = await redact({
      env: { DB_PASSWORD: "kl4r", PORT: "8080" },
      list: ["--token=abcd1234efgh"],
    });
    expect(value.env).toEqual({ DB_PASSWORD: "[redacted:assigned-secret]", PORT: "8080" });
    expect(JSON.stringify(value.list)).not.toContain("abcd1234efgh");
    expect(redactions.map((one) => one.path)).toEqual(["env.DB_PASSWORD", "list[0]"]);
  });

  it("E2 judges numbers and lists by the name of their key, and leaves truth values", async () => {
    const { value, redactions } = await redact({
      password: 12345678,
      api_keys: 3,
      secret: ["q1w2e3r4"],
      isSecret: true,
    });
    expect(value).toEqual({
      password: "[redacted:assigned-secret]",
      api_keys: 3,
      secret: ["[redacted:assigned-secret]"],
      isSecret: true,
    });
    expect(redactions.map((one) => one.path)).toEqual(["password", "secret[0]"]);
  });

  it("E2 what was redacted holds no secret for an orchestrator that looks at the whole record", async () => {
    const values = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
    const names = fc.constantFrom("password", "DB_PASSWORD", "apiKey", "secret", "isSecret", "token", "key", "a");
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, fc.oneof(values, fc.array(values))), async (context) => {
        const { value } = await redact<JsonValue>({ context });
        expect(findSecret(value)).toBeUndefined();
      }),
    );
  });

  it.each(HOSTILE)("E2 reads 32 KB that begin a secret everywhere: %j", async (piece) => {
    // Steps that grow with the square of the length would outlast the runner's patience.
    const { value } = await redact<JsonValue>({ text: piece.repeat(Math.ceil((32 * 1024) / piece.length)) });
    expect(findSecret(value)).toBeUndefined();
  });

  it("E2 a second pass finds nothing", async () => {
    for (const [, text] of SECRETS) {
      const { value } = await redact({ note: text });
      expect((await redact(value)).redactions).toEqual([]);
    }
  });

  it("E2 the cheap test lets every secret through", () => {
    for (const [, text] of SECRETS) expect(mayHoldSecret(text)).toBe(true);
  });

  // What services give out: prefix, then characters at random. Letters and dashes only, so that no other test lets them through.
  const TOKENS = [
    ["gh", "p_", 36],
    ["gh", "s_", 36],
    ["github_", "pat_", 82],
    ["glp", "at-", 20],
    ["gl", "c_", 32],
    ["gl", "sa_", 32],
    ["sk-", "proj-", 74],
    ["sk-", "ant-api03-", 90],
    ["gs", "k_", 52],
    ["h", "f_", 34],
    ["lin_", "api_", 32],
    ["ops", "_ey", 100],
    ["S", "G.", 22],
    ["shp", "at_", 32],
    ["sk_", "live_", 24],
    ["hv", "s.", 90],
    ["hv", "b.", 138],
    ["vc", "p_", 20],
    ["dckr_", "pat_", 27],
    ["fig", "d_", 40],
    ["cf", "ut_", 40],
    ["AKIA", "", 16],
    ["np", "m_", 36],
    ["dap", "i", 32],
    ["AI", "za", 35],
    ["xo", "xb-", 20],
  ] as const;
  it.each(TOKENS)(
    "E2 the cheap test lets a token of the form %s%s through, whatever stands around it",
    (before, after, length) => {
      const token = join(before, after, (before === "AKIA" ? "ABCDE2" : "abcde-").repeat(30).slice(0, length));
      for (const text of [token, `value ${token} was refused`, `"${token}"`, `x=${token}`, `1${token}`]) {
        expect(mayHoldSecret(text)).toBe(true);
      }
    },
  );

  it("E2 the cheap test finds a run of 20 wherever it stands, and none of 19", () => {
    const pieces = fc.tuple(fc.constantFrom("a", "Z", "0", "_", "=", ".", " ", "é"), fc.integer({ min: 1, max: 22 }));
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const text = parts.map(([char, times]) => char.repeat(times)).join("");
        expect(mayHoldSecret(text)).toBe(/[A-Za-z0-9+=_]{20}/.test(text));
      }),
    );
  });

  it("E2 the cheap test says what its words say one after the other", () => {
    // The same in the order in which somebody would write it, without a thought for what it costs.
    const words =
      /pass(?:[^ei]|$)|pwd|psk|pw=|secret|token|key|cookie|bearer|basic\s|auth|begin|private|account|mnemonic|seed|recovery|credential|sess|login|:\/\/[^\s/]{0,400}@|jdbc|sqlplus|expdp|impdp|sqlldr|[?&](?:sig|hash|sid|code|x-)|signature|\s-[upawb]|\s\/\w{1,8}:|--user|net\s{1,3}use|hook|xox|xapp|eyj|t3blbkfj|identified|apikey|:(?:\d{4,5}|\*):[^:\s]{1,64}:/;
    const prefixes =
      /(?<![A-Za-z])(?:gh[a-z]{1,8}_|github_|gl[a-z]{1,5}[-_]|(?:sk|pk|rk|gsk|npm|hf|lin|ntn|ops|dop|doo|dor|vc[a-z]|dckr|cf[a-z]{1,2}|shp[a-z]{2}|nf[a-z]|rnd|re|r8|sbp?|bk[a-z]{2}|fm[12][a-z]?|fig[a-z]|pul|pypi|pplx|xai|xkeysib|sq0[a-z]{3}|HRKU|PMAK|GOCSPX|CCI[A-Z]{3}|NR[A-Z]{2})[-_]|SG\.|dp\.|hv[a-z]\.|dt0[a-z]|ya29\.|AIza|dapi|1\/\/0)|:AA|Q~/;
    const said = (text: string): boolean =>
      words.test(text.toLowerCase()) || prefixes.test(text) || /[A-Za-z0-9+=_]{20}/.test(text);
    // Pieces of the patterns themselves, whole, cut short, and next to each other.
    const pieces = [...new Set(`${words.source} ${prefixes.source}`.split(/[^\w]+/))].flatMap((one) => [
      one,
      one.slice(0, -1),
      one.slice(1),
      one.toUpperCase(),
    ]);
    const signs = [
      "-",
      "_",
      ".",
      "=",
      ":",
      "//",
      "/",
      "@",
      "?",
      "&",
      " ",
      "\n",
      "--",
      "~",
      "*",
      "29",
      "0",
      "a",
      "Q",
      "\u0130",
    ];
    const piece = fc.oneof(fc.constantFrom(...pieces), fc.constantFrom(...signs), fc.constantFrom(..."abekprsxz"));
    let suspicious = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (parts) => {
        const text = parts.join("");
        if (said(text)) suspicious += 1;
        expect(mayHoldSecret(text)).toBe(said(text));
      }),
      { numRuns: 5000 },
    );
    expect(suspicious).toBeGreaterThan(100);
    expect(suspicious).toBeLessThan(4900);
  });

  it("E2 the cheap test saves the linting of plain words", () => {
    for (const text of [
      "release-lease",
      "the lease is held by sarona.",
      "task-force of ask.",
      "desk-top as.is",
      "a gap_in line",
    ]) {
      expect(mayHoldSecret(text)).toBe(false);
    }
  });

  it("E2 what holds nothing comes back as a copy, without what JSON leaves out", async () => {
    const given = { name: "a", list: [{ text: "b" }, 1, null], inner: { none: undefined, here: true } };
    const { value, redactions } = await redact(given as never);
    expect(value).toStrictEqual({ name: "a", list: [{ text: "b" }, 1, null], inner: { here: true } });
    expect(redactions).toEqual([]);
    (given.list[0] as { text: string }).text = "changed";
    given.inner.here = false;
    expect(value).toMatchObject({ list: [{ text: "b" }, 1, null], inner: { here: true } });
  });

  it("E2 a name that holds a secret or a person is found each time, however many names were seen", async () => {
    for (let round = 0; round < 3; round++) {
      const { value, redactions } = await redact<JsonValue>({ inner: { "ada@corp.example": 1, plain: 2 } });
      expect(value).toEqual({ inner: { "[redacted:e-mail]": 1, plain: 2 } });
      expect(redactions).toEqual([{ path: "inner key", kind: "e-mail" }]);
      expect(findSecret({ "ada@corp.example": 1 })).toBe("e-mail");
      expect((await redact<JsonValue>({ DB_PASSWORD: "kl4r" })).redactions).toHaveLength(1);
      expect(findSecret(Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`n${i}`, i])))).toBeUndefined();
    }
  });

  it("E2 a secret in a sentence is replaced, and the sentence is kept", async () => {
    const { value } = await redact({ note: "login failed: password=hunter2hunter2 for bob" });
    expect(value.note).toBe("login failed: password=[redacted:assigned-secret] for bob");
  });

  it("E2 any JSON value comes back with its shape, and secrets never survive inside it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...SECRETS), async (around, [, text, secret]) => {
        const { value } = await redact({ around: around as never, deep: [{ text: `a ${text} b` }] });
        expect(JSON.stringify(value)).not.toContain(secret);
      }),
      { numRuns: 60 },
    );
  });
});
