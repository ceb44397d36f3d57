import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_CHARS, type Message, readMessage, writeMessage } from "./messages.js";

const id = "A".repeat(43);
const self = { id, name: "ada", swarm: id, swarmName: "team", role: "agent", addresses: ["ws://127.0.0.1:7433"] };

/** Version 1 as it is for ever: tabs of an older build may be open beside those of a newer one. */
const FROZEN: readonly string[] = [
  `{"v":1,"from":"t1","t":"who"}`,
  `{"v":1,"from":"t1","t":"lead","term":"r1","self":${JSON.stringify(self)}}`,
  `{"v":1,"from":"t2","t":"call","to":"t1","id":7,"op":"recall","args":{"query":{"text":"no space left"}}}`,
  `{"v":1,"from":"t1","t":"answer","to":"t2","id":7,"value":{"entries":[]}}`,
  `{"v":1,"from":"t1","t":"answer","to":"t2","id":8,"failed":{"message":"A1: no","refusal":{"rule":"A1","fault":"none","message":"no"}}}`,
  `{"v":1,"from":"t1","t":"news","to":"t2","id":9,"news":{"status":"admitted"}}`,
  `{"v":1,"from":"t1","t":"event","name":"alarm","event":{"message":"canon is forked"}}`,
];

describe("messages between tabs", () => {
  it.each(FROZEN)("%s", (text) => {
    const message = readMessage(text);
    if (message === undefined || message === "other") throw new Error("not read");
    const { v: _, from, ...said } = message;
    expect(writeMessage(from, said as Parameters<typeof writeMessage>[1])).toBe(text);
  });

  it.each<readonly [string, unknown]>([
    ["not a text", { v: 1, from: "t1", t: "who" }],
    ["not JSON", "{"],
    ["nothing", "null"],
    ["a list", "[]"],
    ["no sender", `{"v":1,"t":"who"}`],
    ["a sender that is too long", `{"v":1,"from":"${"t".repeat(65)}","t":"who"}`],
    ["an unknown kind", `{"v":1,"from":"t1","t":"steal"}`],
    ["an id that is no count", `{"v":1,"from":"t2","t":"call","to":"t1","id":-1,"op":"recall","args":{}}`],
    ["arguments that are a list", `{"v":1,"from":"t2","t":"call","to":"t1","id":1,"op":"recall","args":[]}`],
    ["an event that is no node's", `{"v":1,"from":"t1","t":"event","name":"tab","event":{"role":"leader"}}`],
    ["a peer without an id", `{"v":1,"from":"t1","t":"lead","term":"r1","self":{"name":"ada"}}`],
    [
      "a refusal that is none",
      `{"v":1,"from":"t1","t":"answer","to":"t2","id":1,"failed":{"message":"x","refusal":{}}}`,
    ],
  ])("ignores %s", (_what, data) => {
    expect(readMessage(data)).toBeUndefined();
  });

  it("knows a tab of another version when it hears one", () => {
    expect(readMessage(`{"v":2,"from":"t1","t":"who"}`)).toBe("other");
  });

  it("neither writes nor reads more than its bound", () => {
    const long: Message = { v: 1, from: "t1", t: "news", to: "t2", id: 1, news: "x".repeat(MAX_MESSAGE_CHARS) };
    expect(writeMessage("t1", long)).toBeUndefined();
    expect(readMessage(JSON.stringify(long))).toBeUndefined();
  });
});
