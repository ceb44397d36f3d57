// What a page has to load for a peer, held to budgets, and free of Node.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { factsOf } from "../house/source-file.ts";
import { type Weighed, weigh } from "./bundle.ts";

/** gzip bytes; kB are 1,000 bytes. */
const BUDGETS = {
  /** What a page loads at its start for a peer that reaches its swarm through relays. */
  peer: 90_000,
  /** Loaded at the same time, and awaited only where a peer is opened: what names, finds and judges problems. */
  deferred: 36_000,
  /** The same with the mesh: libp2p, gossipsub, noise and yamux over WebSockets. */
  withMesh: 300_000,
  /** Loaded before the first text is signed that may hold a secret: all rules, secretlint's among them. */
  secrets: 25_000,
  /** Loaded when somebody asks for a log's Yjs document. */
  document: 20_000,
};

const shown = (name: string, { atStart, later }: Weighed): string =>
  [
    `${name}: ${(atStart / 1000).toFixed(1)} kB gzip at the start`,
    ...Object.entries(later).map(([part, bytes]) => `${part} ${(bytes / 1000).toFixed(1)} kB later`),
  ].join(", ");

const nodeNames = ["process", "Buffer", "require", "global", "__dirname", "setImmediate"];

describe("herdmind/browser", () => {
  it("weighs what it may", async () => {
    const weighed = await weigh(`export * from "herdmind/browser";`);
    console.log(shown("herdmind/browser", weighed));
    expect(weighed.atStart).toBeLessThanOrEqual(BUDGETS.peer);
    expect(Object.keys(weighed.later).sort()).toEqual(["deferred-parts", "document", "find-secrets"]);
    expect(weighed.later["deferred-parts"]).toBeLessThanOrEqual(BUDGETS.deferred);
    expect(weighed.later["find-secrets"]).toBeLessThanOrEqual(BUDGETS.secrets);
    expect(weighed.later["document"]).toBeLessThanOrEqual(BUDGETS.document);
  });

  it("weighs what it may with the mesh", async () => {
    const weighed = await weigh(`export * from "herdmind/browser"; export { viaMesh } from "@herdmind/mesh";`);
    console.log(shown("herdmind/browser with @herdmind/mesh", weighed));
    expect(weighed.atStart).toBeLessThanOrEqual(BUDGETS.withMesh);
  });

  it("asks for nothing that only Node has", async () => {
    const { code, modules } = await weigh(`export * from "herdmind/browser";`);
    // Vite puts an empty module of this name where a page would import `node:fs`.
    expect(modules.filter((id) => id.includes("vite-browser-external") || id.startsWith("node:"))).toEqual([]);
    const folder = mkdtempSync(join(tmpdir(), "bundle-"));
    try {
      const asked = code.flatMap((text, i) => {
        const path = join(folder, `${i}.js`);
        writeFileSync(path, text);
        return [...factsOf(path).freeNames].filter((name) => nodeNames.includes(name));
      });
      expect(asked).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("would be found out if it did", async () => {
    const { modules } = await weigh(`import { readFileSync } from "node:fs"; export const read = readFileSync;`);
    expect(modules.some((id) => id.includes("vite-browser-external"))).toBe(true);
  });
});
