import { expect, test } from "vitest";
import { type BridgeChannel, bridge } from "./bridge.js";
import { createBus } from "./bus.js";

type Heard = Parameters<Parameters<BridgeChannel["on"]>[1]>[0];

const createChannel = () => {
  const handlers = new Set<(said: Heard) => unknown>();
  const channel: BridgeChannel = {
    say: async () => ({ ok: true }),
    on: (_, handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
  const hear = (topic: string): void => {
    for (const handler of handlers) handler({ topic, body: 1, from: "ada" });
  };
  return { channel, hear, handlers };
};

test("E10 a name from outside that is none, or none behind the prefix, is refused, and throws at nobody", () => {
  const refused: string[] = [];
  const bus = createBus();
  const { channel, hear, handlers } = createChannel();
  {
    using over = bridge(bus, channel, { receive: ["**"], prefix: "far", onRefused: (name) => refused.push(name) });
    const long = "x".repeat(253);
    for (const topic of ["a", "a b", "*", "", "a..b", long]) hear(topic);
    expect(refused).toEqual(["a b", "*", "", "a..b", long]);
    expect(over).toMatchObject({ received: 1, refused: 5 });
  }
  expect(handlers.size).toBe(0);
});

test("a prefix that is no name, and what is no pattern, is said at once, and leaves nothing behind", () => {
  const bus = createBus();
  const { channel, handlers } = createChannel();
  for (const options of [{ prefix: "from others" }, { prefix: "" }, { receive: ["a.**.b"] }])
    expect(() => bridge(bus, channel, { send: ["a"], ...options })).toThrow(TypeError);
  expect([bus.size, handlers.size]).toEqual([0, 0]);
});
