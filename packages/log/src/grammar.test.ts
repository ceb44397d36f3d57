import { BLOCKS_PER_SEGMENT, clientIdOf, MAX_UPDATE_BYTES } from "@herdmind/protocol";
import { sampleBytes, sampleLog, sampleSwarm } from "@herdmind/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { createLogDocument } from "./document.js";
import { decodeUpdate, encodeUpdate, segmentName } from "./grammar.js";
import { isYjsUpdate } from "./yjs-form.js";

const { genesis } = await sampleSwarm();
const { swarm } = genesis;
const log = sampleLog(1);
const clientId = clientIdOf(swarm, log);
const raise = (error: unknown): never => {
  throw error;
};
const blocksOf = (length: number, size = 3): Uint8Array[] => Array.from({ length }, (_, n) => sampleBytes(n, size));

/** What Yjs shows of a document, segment by segment. */
const shown = (doc: Y.Doc, length: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(length / BLOCKS_PER_SEGMENT) }, (_, n) =>
    doc.getArray<{ b: Uint8Array }>(segmentName(n)).toArray(),
  )
    .flat()
    .map((element) => {
      expect(Object.keys(element)).toEqual(["b"]);
      return element.b;
    });

const decoded = (update: Uint8Array) => {
  const read = decodeUpdate(swarm, log, update);
  if (!read.ok) throw new Error(read.refusal.message);
  return read.value;
};

/** Lengths around the borders of segments, where an item starts with its root type instead of an origin. */
const someLength = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1000, max: 1050 }), fc.constant(2060));

describe("the grammar against Yjs", () => {
  it("L2 encodes the very bytes that Yjs encodes, from any block on", () => {
    fc.assert(
      fc.property(someLength, fc.double({ min: 0, max: 1, noNaN: true }), (length, part) => {
        const from = Math.floor(part * length);
        const document = createLogDocument(swarm, log, raise);
        document.push(0, blocksOf(length), undefined);
        const vector = new Map(from === 0 ? [] : [[clientId, from]]);
        const theirs = Y.encodeStateAsUpdate(document.doc, Y.encodeStateVector(vector));
        expect(encodeUpdate(clientId, from, blocksOf(length).slice(from))).toEqual(theirs);
      }),
      { numRuns: 60 },
    );
  });

  it("L2 reads what Yjs sends, however its transactions were cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }), (cuts) => {
        const length = cuts.reduce((sum, cut) => sum + cut, 0);
        const blocks = blocksOf(length);
        const document = createLogDocument(swarm, log, raise);
        const updates: Uint8Array[] = [];
        document.doc.on("update", (update: Uint8Array) => updates.push(update));
        let at = 0;
        for (const cut of cuts) {
          document.push(at, blocks.slice(at, at + cut), undefined);
          expect(decoded(updates.at(-1) as Uint8Array)).toEqual({ from: at, blocks: blocks.slice(at, at + cut) });
          at += cut;
        }
        expect(decoded(Y.mergeUpdates(updates))).toEqual({ from: 0, blocks });
        expect(decoded(Y.encodeStateAsUpdate(document.doc))).toEqual({ from: 0, blocks });
      }),
      { numRuns: 40 },
    );
  });

  it("L2 what it accepts, Yjs shows as the same elements", () => {
    fc.assert(
      fc.property(someLength, fc.array(fc.nat(2100), { maxLength: 4 }), (length, stops) => {
        const blocks = blocksOf(length);
        const doc = new Y.Doc();
        const borders = [...new Set([0, ...stops.filter((stop) => stop < length), length])].sort((a, b) => a - b);
        for (const [i, from] of borders.slice(0, -1).entries()) {
          const update = encodeUpdate(clientId, from, blocks.slice(from, borders[i + 1]));
          expect(decoded(update).blocks).toEqual(blocks.slice(from, borders[i + 1]));
          expect(Y.decodeUpdate(update).ds.clients.size).toBe(0);
          Y.applyUpdate(doc, update);
        }
        expect(shown(doc, length)).toEqual(blocks);
        expect(doc.store.pendingStructs).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it("L2 mutated updates are refused, or are valid for Yjs with the same elements", () => {
    const valid = encodeUpdate(clientId, 0, blocksOf(5));
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const update = valid.slice();
          for (const [at, byte] of changes) update[at] = byte;
          const read = decodeUpdate(swarm, log, update);
          if (!read.ok) {
            expect(["L1", "L2"]).toContain(read.refusal.rule);
            return;
          }
          accepted += 1;
          const doc = new Y.Doc();
          Y.applyUpdate(doc, encodeUpdate(clientId, read.value.from, read.value.blocks));
          const theirs = new Y.Doc();
          Y.applyUpdate(theirs, update);
          expect(Y.encodeStateAsUpdate(theirs)).toEqual(Y.encodeStateAsUpdate(doc));
        },
      ),
      { numRuns: 3000 },
    );
    // Changes inside a block's bytes are the signature's matter, not the grammar's: the property was not vacuous.
    expect(accepted).toBeGreaterThan(10);
  });

  it("L2 garbage is the sender's fault, and never Yjs' to look at", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (update) => {
        const read = decodeUpdate(swarm, log, update);
        if (read.ok) return;
        expect(read.refusal.fault).toBe(isYjsUpdate(update) ? "writer" : "sender");
      }),
      { numRuns: 5000 },
    );
    expect(decodeUpdate(swarm, log, sampleBytes(1, 300))).toMatchObject({ refusal: { rule: "L2", fault: "sender" } });
  });

  it("L2 a cut update is the sender's fault at every byte", () => {
    const update = encodeUpdate(clientId, 0, blocksOf(3));
    for (let length = 0; length < update.length; length++) {
      expect(decodeUpdate(swarm, log, update.subarray(0, length)), `cut to ${length}`).toMatchObject({
        refusal: { rule: "L2", fault: "sender" },
      });
    }
  });

  it("L2 never reads past an update into the buffer it is a view of", () => {
    const whole = encodeUpdate(clientId, 0, [sampleBytes(1, 50)]);
    // The same bytes with a byte string that claims to reach into what lies behind the view, where a valid end follows.
    const memory = new Uint8Array(whole.length + 100);
    memory.set(whole);
    const lengthAt = whole.length - 1 - 50 - 1;
    expect(memory[lengthAt]).toBe(50);
    memory[lengthAt] = 90;
    expect(decodeUpdate(swarm, log, memory.subarray(0, whole.length)).ok).toBe(false);
    expect(decodeUpdate(swarm, log, memory.subarray(0, whole.length + 40)).ok).toBe(true);
  });

  it("L7 refuses an update over the limit before it is looked at", () => {
    expect(decodeUpdate(swarm, log, new Uint8Array(MAX_UPDATE_BYTES + 1))).toMatchObject({
      refusal: { rule: "L7", fault: "sender" },
    });
  });

  it("accepts the empty update", () => {
    expect(decoded(encodeUpdate(clientId, 7, []))).toEqual({ from: 0, blocks: [] });
    expect(decoded(Y.encodeStateAsUpdate(new Y.Doc()))).toEqual({ from: 0, blocks: [] });
  });
});

describe("isYjsUpdate", () => {
  /** A document with every kind of content that Yjs has. */
  const richDocument = (): Y.Doc => {
    const doc = new Y.Doc();
    const text = doc.getText("text");
    text.insert(0, "hello world", { bold: true });
    text.insertEmbed(3, { image: "x" });
    text.delete(1, 4);
    const map = doc.getMap("map");
    map.set("any", [1, -70_000, 1.5, 2 ** 60, null, undefined, true, "ä", new Uint8Array(3), { deep: [{}] }]);
    map.set("any", 2n);
    map.set("bytes", new Uint8Array(5));
    map.set("doc", new Y.Doc());
    const xml = doc.getXmlFragment("xml");
    xml.insert(0, [new Y.XmlElement("p"), new Y.XmlText("t")]);
    doc.getArray("array").insert(0, [new Y.Map(), new Y.Array(), new Y.Text("z")]);
    doc.getArray("array").delete(0, 1);
    return doc;
  };

  it("says yes to what Yjs makes, and no to every shorter or longer form of it", () => {
    const update = Y.encodeStateAsUpdate(richDocument());
    expect(isYjsUpdate(update)).toBe(true);
    for (let length = 0; length < update.length; length++) expect(isYjsUpdate(update.subarray(0, length))).toBe(false);
    expect(isYjsUpdate(Uint8Array.of(...update, 0))).toBe(false);
  });

  it("says yes to GC and Skip structs", () => {
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on("update", (update: Uint8Array) => updates.push(update));
    doc.getMap("m").set("k", new Y.Map([["inner", "x"]]));
    doc.getMap("m").delete("k");
    doc.getMap("m").set("k", 1);
    expect(isYjsUpdate(Y.encodeStateAsUpdate(doc))).toBe(true);
    doc.getMap("m").set("l", 2);
    const skipping = Y.mergeUpdates([updates[0] as Uint8Array, updates[3] as Uint8Array]);
    expect(Y.decodeUpdate(skipping).structs.some((struct) => struct instanceof Y.Skip)).toBe(true);
    expect(isYjsUpdate(skipping)).toBe(true);
  });

  it("does not follow a value nested 100,000 deep", () => {
    const nested = new Uint8Array(200_000).map((_, i) => (i % 2 === 0 ? 117 : 1));
    nested.set([1, 1, 1, 0, 8, 1, 0, 1]);
    expect(isYjsUpdate(nested)).toBe(false);
  });
});
