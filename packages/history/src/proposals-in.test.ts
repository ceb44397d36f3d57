// Lines of an export: the frozen file of version 1, and hostile ones.
import { readFileSync } from "node:fs";
import {
  fromBase64url,
  type JsonObject,
  judgeHead,
  type LogId,
  readGenesis,
  readHead,
  type SwarmId,
} from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type ReadLine, readExportLine } from "./proposals-in.js";

const lines = readFileSync(new URL("../fixtures/export-1.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");
const header = JSON.parse(lines[0] as string) as { readonly swarm: SwarmId; readonly genesis: string };
const { swarm } = header;
const bytes = (text: string): Uint8Array => fromBase64url(text) as Uint8Array;
const parsed = lines.map((line) => JSON.parse(line) as JsonObject);
const ofType = (type: string): readonly JsonObject[] => parsed.filter((line) => line.type === type);
const read = (line: unknown): ReadLine => readExportLine(JSON.stringify(line), swarm);

describe("the frozen export of version 1", () => {
  it("is read: a header, the proposals of entries, and its end", () => {
    const all = lines.map((line) => readExportLine(line, swarm));
    expect(all[0]).toEqual({ type: "header", swarm, name: "orchard" });
    expect(all.at(-1)).toEqual({ type: "end", records: lines.length - 2 });
    const proposals = all.flatMap((line) => (line.type === "proposal" ? [line.proposal] : []));
    expect(proposals.map(({ signal, from }) => [signal.mitigation.text, from.worked, from.failed])).toEqual([
      ["open the valve first", 0, 1],
      ["pause between the two", 0, 0],
      ["keep the cellar cold", 0, 0],
    ]);
    expect(proposals.map(({ from }) => from.entry)).toEqual(
      ofType("immunization").map(({ body }) => (body as JsonObject).id),
    );
    const passed = all.flatMap((line) => (line.type === "passed" ? [line.why] : []));
    for (const why of ["outcome", "unfit", "elsewhere", "other"]) expect(passed).toContain(why);
    expect(all.some(({ type }) => type === "bad")).toBe(false);
  });

  it("L5 carries for each record the signed head of its block, which its hash is of", async () => {
    const genesis = readGenesis(bytes(header.genesis));
    expect(genesis.ok && genesis.value.swarm).toBe(swarm);
    for (const { head, hash, ref } of parsed.slice(1, -1)) {
      const signed = readHead(bytes(head as string));
      if (!signed.ok) throw new Error(signed.refusal.message);
      expect([signed.value.hash, signed.value.header.sequence]).toEqual([hash, (ref as JsonObject).sequence]);
      expect(await judgeHead(signed.value, swarm, ref as unknown as LogId)).toBeUndefined();
    }
  });

  it("proposes an entry without its signal where canon kept enough of it", () => {
    for (const entry of ofType("immunization")) {
      const alone = { ...entry, now: { ...(entry.now as JsonObject), proposal: false } };
      const { fingerprint, type, mitigation } = entry.body as JsonObject;
      expect(read(alone)).toMatchObject({ type: "proposal", proposal: { signal: { type, mitigation } } });
      const other = { ...(entry.body as JsonObject), title: "another title altogether" };
      expect(read({ ...alone, body: other })).toEqual({ type: "passed", why: "inexact" });
      expect(fingerprint).toEqual(expect.any(String));
    }
  });
});

describe("hostile lines", () => {
  const [signal = {}] = ofType("signal");
  const body = signal.body as JsonObject;
  test.each<[string, unknown]>([
    ["a list", []],
    ["null", null],
    ["no record", {}],
    ["a type that is no text", { ...signal, type: 1 }],
    ["a version that is no number", { ...signal, version: "1" }],
    ["a body that is none", { ...signal, body: [] }],
    ["a member that the record does not have", { ...signal, body: { ...body, extra: 1 } }],
    ["an empty mitigation", { ...signal, body: { ...body, mitigation: { text: "" } } }],
    ["a context that is too large", { ...signal, body: { ...body, context: { x: "x".repeat(40_000) } } }],
    ["no author", { ...signal, ref: {} }],
    ["an author that is no id", { ...signal, ref: { writer: "me" } }],
    ["no entry", { ...signal, entry: undefined }],
    ["a header of a newer format", { herdmind: "export", version: 2, swarm }],
    ["a header without a swarm", { herdmind: "export", version: 1 }],
  ])("R1 %s is bad, and says why", (_, line) => {
    expect(read(line)).toEqual({ type: "bad", message: expect.stringMatching(/\w/) });
  });

  it("R1 a record before the header, or no JSON, is bad", () => {
    expect(readExportLine(JSON.stringify(signal), undefined)).toMatchObject({ type: "bad" });
    expect(readExportLine("{", swarm)).toMatchObject({ type: "bad" });
    expect(readExportLine("", swarm)).toMatchObject({ type: "bad" });
  });

  it("L7 a record that is nested for ever overflows nothing", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const text = JSON.stringify({ ...signal, body: { ...body, context: { deep: 1 } } }).replace(
      '"deep":1',
      `"deep":${deep}`,
    );
    expect(readExportLine(text, swarm)).toEqual({ type: "bad", message: expect.stringMatching(/nested|stack/) });
  });

  test.each<[string, JsonObject, string]>([
    ["what was revoked there", { now: { verdict: "admitted", status: "revoked" } }, "retired"],
    ["what was superseded there", { now: { verdict: "admitted", status: "superseded" } }, "retired"],
    ["what no entry was made of", { now: { verdict: "judged" } }, "unfit"],
    ["what does not say what became of it", { now: null }, "unfit"],
    ["what was lost with a term", { standing: "lost" }, "other"],
    ["a signal of a newer version", { version: 99 }, "other"],
  ])("E1 %s is passed over", (_, change, why) => {
    expect(read({ ...signal, ...change })).toEqual({ type: "passed", why });
  });

  it("E1 numbers of evidence that are none are left out, and never anything but numbers", () => {
    const from = (now: JsonObject) => {
      const line = read({ ...signal, now: { verdict: "pending", ...now } });
      return line.type === "proposal" ? line.proposal.from : line;
    };
    expect(from({ worked: 3, failed: "4" })).toMatchObject({ worked: 3 });
    expect(from({ worked: -1, failed: 1.5 })).not.toHaveProperty("worked");
    expect(from({ worked: -1, failed: 1.5 })).not.toHaveProperty("failed");
  });

  it("never throws, whatever is changed in a line", () => {
    const member = fc.constantFrom("type", "version", "body", "now", "ref", "entry", "standing", "herdmind", "swarm");
    fc.assert(
      fc.property(
        fc.constantFrom(...parsed),
        fc.array(fc.tuple(member, fc.jsonValue())),
        fc.nat(400),
        (line, changes, cut) => {
          const text = JSON.stringify({ ...line, ...Object.fromEntries(changes) });
          for (const each of [text, text.slice(0, cut)]) expect(readExportLine(each, swarm)).toHaveProperty("type");
        },
      ),
      { numRuns: 500 },
    );
  });
});
