import { describe, expect, it } from "vitest";
import { isDetour, readAddress } from "./addresses.js";

const relay = "/ip4/127.0.0.1/tcp/4871/ws/p2p/12D3KooWDEiH5YAwU7TAa7BnCe7H31USYGcvo16cG5Ra9xDqL5J8";
const page = "12D3KooWAfg7RQuxDkuusk8ccxPrJFUyDZ2Y6gtKegpGVmo5gG3v";

describe("an address through a relay", () => {
  it.each([
    ["of a peer", relay, false],
    ["of a page behind a relay, for a connection that stays behind it", `${relay}/p2p-circuit/p2p/${page}`, true],
    ["of a page behind a relay, for a direct connection", `${relay}/p2p-circuit/webrtc/p2p/${page}`, false],
  ])("%s", (_, text, expected) => {
    const address = readAddress(text);
    if (address === undefined) throw new Error(`${text} is no address`);
    expect(isDetour(address)).toBe(expected);
  });
});
