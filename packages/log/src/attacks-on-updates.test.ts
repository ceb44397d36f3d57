import { BLOCKS_PER_SEGMENT, MAX_UPDATE_BYTES } from "@herdmind/protocol";
import { sampleBytes } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import {
  chain,
  clientId,
  type Expected,
  HELD,
  holding,
  log,
  misused,
  next,
  refuses,
  segment,
  updateOf,
  varUint,
} from "./attacks.fixture.js";
import { encodeUpdate } from "./grammar.js";

describe("attacks on the shape of an update, made with Yjs", () => {
  const l1 = { rule: "L1", fault: "writer" } as const;
  const l2 = { rule: "L2", fault: "writer" } as const;

  it("the honest way passes: the harness does not refuse everything", async () => {
    const { logs } = await holding();
    const update = misused((doc) => segment(doc).push([next]));
    expect(await logs.ingest(log, update, "honest")).toMatchObject({ ok: true, added: 1 });
  });
  it("L1 refuses a foreign client id", () =>
    refuses(
      misused((doc) => segment(doc).push([next]), 4711),
      l1,
    ));
  it("L1 refuses several clients in one update", async () => {
    const honest = updateOf(chain, HELD);
    const foreign = misused((doc) => segment(doc).push([next]), 4711);
    await refuses(Y.mergeUpdates([honest, foreign]), l1);
  });
  it("L1 refuses an element that follows another client's", async () => {
    const doc = new Y.Doc();
    doc.clientID = 4711;
    segment(doc).push([next]);
    doc.clientID = clientId;
    const vector = Y.encodeStateVector(doc);
    segment(doc).push([next]);
    await refuses(Y.encodeStateAsUpdate(doc, vector), l1);
  });
  it("L2 refuses a delete set", () =>
    refuses(
      misused((doc) => segment(doc).delete(1, 2)),
      l2,
    ));
  it("L2 refuses a delete set beside an honest block", () =>
    refuses(
      misused((doc) => {
        segment(doc).push([next]);
        segment(doc).delete(0, 1);
      }),
      l2,
    ));
  it("L2 refuses GC structs", async () => {
    const doc = new Y.Doc();
    doc.clientID = clientId;
    segment(doc).push([new Y.Map([["b", next.b]])]);
    segment(doc).delete(0, 1);
    const update = Y.encodeStateAsUpdate(doc);
    expect(Y.decodeUpdate(update).structs.some((struct) => struct instanceof Y.GC)).toBe(true);
    await refuses(update, l2);
  });
  it("L2 refuses Skip structs", async () => {
    const update = Y.mergeUpdates([updateOf(chain, 0, 2), updateOf(chain, 4, 6)]);
    expect(Y.decodeUpdate(update).structs.some((struct) => struct instanceof Y.Skip)).toBe(true);
    await refuses(update, l2);
  });
  it("L2 refuses a map key", () =>
    refuses(
      misused((doc) => doc.getMap("segment/0").set("b", next)),
      l2,
    ));
  it("L2 refuses a map value that replaces another", () =>
    refuses(
      misused((doc) => {
        doc.getMap("segment/0").set("b", next);
        doc.getMap("segment/0").set("b", next);
      }),
      l2,
    ));
  it("L2 refuses the mark of a map key on an element that is otherwise honest", async () => {
    const marked = updateOf(chain, HELD);
    const info = 2 + varUint(clientId).length + 1;
    expect(marked[info]).toBe(0x88);
    marked[info] = 0xa8;
    expect(Y.decodeUpdate(marked).structs).toHaveLength(1);
    await refuses(marked, l2);
  });
  it("L2 refuses an insertion at the front (right origin)", () =>
    refuses(
      misused((doc) => segment(doc).insert(0, [next])),
      l2,
    ));
  it("L2 refuses an insertion into the middle (right origin)", () =>
    refuses(
      misused((doc) => segment(doc).insert(2, [next])),
      l2,
    ));
  it("L2 refuses an element after one that is not the last (no right origin)", async () => {
    // Yjs writes this for an author who knew blocks 0 to 2 only. Bytes: 1 client, 1 struct, client id, clock, info, origin.
    const changed = encodeUpdate(clientId, HELD, [next.b]);
    const originClock = 2 + varUint(clientId).length + 2 + varUint(clientId).length;
    expect(changed[originClock]).toBe(HELD - 1);
    changed[originClock] = 2;
    expect(Y.decodeUpdate(changed).structs[0]).toMatchObject({ origin: { clock: 2 }, rightOrigin: null });
    await refuses(changed, l2);
  });
  it("L2 refuses another root type", () =>
    refuses(
      misused((doc) => doc.getArray("elsewhere").push([next])),
      l2,
    ));
  it("L2 refuses a segment out of order", () =>
    refuses(
      misused((doc) => segment(doc, 1).push([next])),
      l2,
    ));
  it("L2 refuses an extra key beside b", () =>
    refuses(
      misused((doc) => segment(doc).push([{ ...next, c: 1 }])),
      l2,
    ));
  it("L2 refuses another key than b", () =>
    refuses(
      misused((doc) => segment(doc).push([{ c: next.b }])),
      l2,
    ));
  it("L2 refuses b that is no bytes", () =>
    refuses(
      misused((doc) => segment(doc).push([{ b: "text" }])),
      l2,
    ));
  it("L2 refuses bytes without the object", () =>
    refuses(
      misused((doc) => segment(doc).push([next.b])),
      l2,
    ));
  for (const [kind, content] of [
    ["text", () => new Y.Text("x")],
    ["a map", () => new Y.Map([["b", next.b]])],
    ["an array", () => new Y.Array()],
    ["a document", () => new Y.Doc()],
    ["XML", () => new Y.XmlElement("p")],
    ["a number", () => 1],
    ["null", () => null],
    ["a list", () => [next.b]],
  ] as const) {
    it(`L2 refuses ${kind} as an element`, () =>
      refuses(
        misused((doc) => segment(doc).push([content()])),
        l2,
      ));
  }
  it("L2 refuses text inside a segment", () =>
    refuses(
      misused((doc) => doc.getText("segment/0").insert(0, "x")),
      l2,
    ));
  it("L2 refuses an item that runs over the end of a segment", async () => {
    const many = Array.from({ length: BLOCKS_PER_SEGMENT + 1 }, () => ({ b: new Uint8Array(1) }));
    const doc = new Y.Doc();
    doc.clientID = clientId;
    segment(doc).push(many);
    await refuses(Y.encodeStateAsUpdate(doc), l2);
  });
  it("L2 refuses a struct count of zero", () => refuses(Uint8Array.of(1, 0, ...varUint(clientId), 0, 0), l2));
  it("L2 refuses garbage, bytes behind the update and a cut update, all the sender's fault", async () => {
    const sender = { rule: "L2", fault: "sender" } as const;
    await refuses(sampleBytes(3, 500), sender);
    await refuses(new Uint8Array(0), sender);
    await refuses(Uint8Array.of(...updateOf(chain, HELD), 0), sender);
    await refuses(updateOf(chain, HELD).subarray(0, -1), sender);
  });
  it("L2 refuses an update in Yjs' second encoding", async () => {
    const receipt = { rule: "L2" } as Expected;
    await refuses(Y.convertUpdateFormatV1ToV2(updateOf(chain, HELD)), receipt);
  });
  it("L3 answers a gap with what it needs", () =>
    refuses(updateOf(chain, HELD + 1), { rule: "L3", fault: "none", need: HELD }));
  it("L3 answers a gap beyond any integer Yjs would hold", () => {
    const update = encodeUpdate(clientId, Number.MAX_SAFE_INTEGER - 1025, [next.b]);
    return refuses(update, { rule: "L3", fault: "none", need: HELD });
  });
  it("L7 refuses an update that is too large", () =>
    refuses(new Uint8Array(MAX_UPDATE_BYTES + 1), { rule: "L7", fault: "sender" }));
});
