import { accept, generateKey, type SwarmId } from "@herdmind/protocol";
import { expect, it } from "vitest";
import { createAnnounce } from "./announce.js";
import { say } from "./say.js";

const SECRET = "hunter2-hunter3";
const URL_WITH_SECRET = `postgres://ada:${SECRET}@db.example:5432/shop`;

const scene = async () => {
  const sent: string[] = [];
  const announce = createAnnounce(
    "A".repeat(43) as SwarmId,
    {
      offer: async (bytes) => {
        sent.push(new TextDecoder().decode(bytes));
        return accept(true);
      },
    },
    () => 1,
  );
  const key = await generateKey();
  return { sent, say: (topic: string, body: Parameters<typeof say>[3]) => say(announce, key, topic, body) };
};

it("E2 E10 a message is cleaned before it is signed, and its author sees what was replaced", async () => {
  const { sent, say } = await scene();
  const said = await say("build.failed", { log: `cannot reach ${URL_WITH_SECRET}`, ms: 3 });
  expect(said).toMatchObject({ ok: true, value: [{ path: "body.log" }] });
  expect(sent).toHaveLength(1);
  expect(sent[0]).toContain("cannot reach ");
  expect(sent[0]).not.toContain(SECRET);
});

it("E2 a topic that holds a secret is not said", async () => {
  const { sent, say } = await scene();
  expect(await say(URL_WITH_SECRET, 1)).toMatchObject({ ok: false, refusal: { rule: "E2", fault: "none" } });
  expect(sent).toEqual([]);
});

it("E10 a message without secrets is said as it is", async () => {
  const { sent, say } = await scene();
  expect(await say("build.done", { ms: 3 })).toEqual({ ok: true, value: [] });
  expect(sent[0]).toContain("build.done");
});
