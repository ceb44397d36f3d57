import { fingerprint } from "@herdmind/experience";
import type { JsonObject, JsonValue } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { harmless } from "./harmless.fixture.js";
import { PASSES } from "./later-secrets.fixture.js";
import { findPersonal, PERSONAL_PATTERNS } from "./personal-rules.js";
import { findSecret, loadRules, mayHoldSecret, redact } from "./redact.js";
import { createDraw, type Sample } from "./secret-contexts.fixture.js";
import { SECRET_PATTERNS } from "./secret-rules.js";
import { lint } from "./secretlint.js";
import { secrets } from "./service-secrets.fixture.js";
import { TOKEN_PATTERNS } from "./service-tokens.js";

const SEEDS = Array.from({ length: 6 }, (_, i) => i * 7919 + 1);
const drawn = (seed: number): readonly (readonly [name: string, sample: Sample])[] =>
  secrets.map(([name, make]) => [name, make(createDraw(seed))]);
const clean = async (text: string): Promise<string> => (await redact<{ text: string }>({ text })).value.text;
const anyText = fc
  .tuple(fc.integer({ min: 1, max: 1e6 }), fc.nat(secrets.length - 1))
  .map(([seed, at]) => secrets[at]?.[1](createDraw(seed))[0] ?? "");

describe("E2 the corpus of secrets", () => {
  it("E2 no secret passes, whatever was drawn", async () => {
    expect(secrets.length).toBeGreaterThanOrEqual(290);
    const passed: string[] = [];
    for (const seed of SEEDS) {
      for (const [name, [text, ...parts]] of drawn(seed)) {
        const left = JSON.stringify(await clean(text));
        if (parts.some((part) => left.includes(part))) passed.push(`${name} (${seed}): ${left}`);
      }
    }
    expect(passed).toEqual([]);
  });

  it("E2 what passes is named", async () => {
    const passed: string[] = [];
    for (const [name, make] of PASSES) {
      const [text, secret] = make(createDraw(1));
      if ((await clean(text)).includes(secret as string)) passed.push(name);
    }
    expect(PASSES).toHaveLength(9);
    expect(passed).toEqual(PASSES.map(([name]) => name));
  });

  it("E2 texts without a secret are left as they are", async () => {
    expect(harmless.length).toBeGreaterThanOrEqual(200);
    const replaced: string[] = [];
    for (const text of harmless) if ((await clean(text)) !== text) replaced.push(text);
    expect(replaced).toEqual([]);
  });

  it("E2 secretlint's preset alone finds a tenth: the other rules are not decoration", () => {
    const found = drawn(1).filter(([, [text]]) => lint(text).length > 0).length;
    expect(found).toBeGreaterThan(secrets.length / 20);
    expect(found).toBeLessThan(secrets.length / 5);
  });

  it("E2 the hint lets every secret through, in whatever it stands", () => {
    for (const seed of SEEDS) {
      for (const [name, [text]] of drawn(seed))
        expect([name, mayHoldSecret(text) || findPersonal(text).length > 0]).toEqual([name, true]);
    }
  });

  it("E2 in every field, in keys, and in whatever is added to a record later", async () => {
    const places: readonly ((text: string) => JsonObject)[] = [
      (text) => ({ problem: { error: { message: "x", stack: text, output: text } } }),
      (text) => ({ problem: { text: "x", api: text, purpose: text, approach: text, fields: { a: text } } }),
      (text) => ({ problem: { text: "x", facts: { a: text, [text]: 1 } } }),
      (text) => ({ mitigation: { text, data: { steps: [{ run: text }], [text]: { [text]: [text] } } } }),
      (text) => ({ discovery: text, note: text, context: { a: [[text]] }, tags: [text], appliesTo: text }),
    ];
    for (const [, [text, ...parts]] of drawn(3)) {
      for (const place of places) {
        const { value, redactions } = await redact(place(text));
        for (const part of parts) expect(JSON.stringify(value)).not.toContain(part);
        expect(redactions.length).toBeGreaterThan(0);
        expect(findSecret(value)).toBeUndefined();
      }
    }
  });

  it("E2 what was redacted is never redacted again, and holds nothing for who looks again", async () => {
    await loadRules();
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyText, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(" ", "\n", "; "),
        async (texts, gap) => {
          const { value } = await redact<JsonValue>({ text: texts.join(gap) });
          expect(findSecret(value)).toBeUndefined();
          expect(await redact(value)).toEqual({ value, redactions: [] });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("E2 one problem has one fingerprint, whatever the secret was", async () => {
    const named = async (seed: number): Promise<readonly string[]> => {
      const names: string[] = [];
      for (const [, [text]] of drawn(seed)) {
        const { value } = await redact({ error: { message: `login failed: ${text}` } });
        names.push(fingerprint(value).fingerprint);
      }
      return names;
    };
    const [one, other] = [await named(5), await named(77_003)];
    expect(secrets.filter((_, i) => one[i] !== other[i]).map(([name]) => name)).toEqual([]);
  });

  it("E2 the name of a home directory never was part of a fingerprint, so an entry written before is found", async () => {
    for (const message of [
      "Cannot find module './x' at /home/ada/app/index.js",
      "EACCES: permission denied, open '/Users/ada/.config/x'",
      "cannot load C:\\Users\\ada\\app\\index.js",
      "cannot load file:///home/ada/app/x.mjs",
      "cwd /home/ada is gone",
    ]) {
      const { value, redactions } = await redact({ error: { message } });
      expect(redactions).toEqual([{ path: "error.message", kind: "home-path" }]);
      expect(fingerprint(value).fingerprint).toBe(fingerprint({ error: { message } }).fingerprint);
    }
  });

  it("E2 a comment cannot switch the rules off", async () => {
    const secret = ["np", "m_", createDraw(1).alnum(36)].join("");
    expect(await clean(`/* secretlint-disable */ sent ${secret} // secretlint-disable-line`)).not.toContain(secret);
  });

  it("E2 two secrets as keys of one object stay two members", async () => {
    const d = createDraw(2);
    const keys = [["gh", "p_", d.alnum(36)].join(""), ["gh", "p_", d.alnum(36)].join("")] as const;
    const { value, redactions } = await redact<JsonObject>({ used: { [keys[0]]: 1, [keys[1]]: 2 } });
    expect(Object.values(value["used"] as JsonObject)).toEqual([1, 2]);
    expect(redactions.map(({ path }) => path)).toEqual(["used key", "used key"]);
  });

  it("E2 a name and its value in two members, and the words of a command", async () => {
    const { value } = await redact<JsonObject>({
      env: [
        { name: "DB_PASSWORD", value: "correct" },
        { name: "PORT", value: "8080" },
      ],
      args: ["--password", "correct", "--port", "8080"],
      argv: ["docker", "login", "-u", "ci", "-p", "correct1"],
    });
    expect(JSON.stringify(value)).not.toContain("correct");
    expect(JSON.stringify(value)).toContain("8080");
  });
});

describe("E2 bounded work on hostile texts", () => {
  /** Every repetition has an upper bound: steps at one place do not grow with the text. */
  const unbounded = ({ source }: RegExp): boolean =>
    /(?<!\\)(?:[*+]|\{\d+,\})/.test(source.replace(/\\[\s\S]/g, "x").replace(/\[(?:[^\]\\]|\\.)*\]/g, "c"));

  it("E2 no rule of ours repeats without a bound", () => {
    expect([/a+/, /a*/, /a{2,}/, /a\+[*]{1,3}/].map(unbounded)).toEqual([true, true, true, false]);
    for (const pattern of [...SECRET_PATTERNS, ...TOKEN_PATTERNS, ...PERSONAL_PATTERNS])
      expect([pattern.source, unbounded(pattern)]).toEqual([pattern.source, false]);
  });

  it("E2 reads 32 KB of each context's beginning, again and again", async () => {
    const rules = await loadRules();
    for (const [, [text]] of drawn(1)) {
      for (const piece of [text.slice(0, 12), text.slice(-16)])
        rules.findSecrets(piece.repeat(Math.ceil((32 * 1024) / Math.max(1, piece.length))));
    }
  });
});
