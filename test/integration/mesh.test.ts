/**
 * Five peers and no relay: one orchestrator and four agents over libp2p, each in a process of its own with a disk of its own.
 * Every connection between two of them runs through a TCP proxy of this test, which can cut it and keep it cut.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cable, createCable } from "./cable.ts";
import { freePort, type PeerProcess, startPeer, until } from "./peer-processes.ts";
import type { Held, Reach, Ref } from "./processes/messages.ts";

const NAMES = ["orchestrator", "ada", "grace", "edsger", "barbara"] as const;
type Name = (typeof NAMES)[number];

describe("the mesh, between processes", { timeout: 180_000 }, () => {
  let dir = "";
  let ticket = "";
  const ports = new Map<Name, number>();
  const cables: Cable[] = [];
  const peers = new Map<Name, PeerProcess>();
  const acknowledged: Ref[] = [];

  /** Each peer dials those before it in the list, so that there is one cable between two. */
  const start = async (name: Name): Promise<PeerProcess> => {
    const addresses = cables.filter((cable) => cable.from === name).map((cable) => `/ip4/127.0.0.1/tcp/${cable.port}`);
    // Announcing nothing and learning nothing keeps everybody from ways around their own cables.
    const reach: Reach = {
      addresses,
      mesh: { listen: [`/ip4/127.0.0.1/tcp/${ports.get(name)}`], announce: [], limits: { addresses: 0 } },
    };
    const json = JSON.stringify(reach);
    const peer = await startPeer(
      name,
      name === "orchestrator"
        ? ["orchestrator", join(dir, name), "none", json]
        : ["agent", join(dir, name), name, ticket, json],
    );
    peers.set(name, peer);
    return peer;
  };
  const peer = (name: Name): PeerProcess => peers.get(name) as PeerProcess;
  const kill = async (name: Name): Promise<void> => {
    await peer(name).kill();
    acknowledged.push(...peer(name).acknowledged);
  };
  /** Reports `count` new problems and waits until they are durable there. */
  const report = async (name: Name, label: string, count: number): Promise<void> => {
    const done = peer(name).said("done");
    peer(name).tell({ type: "report", count, parallel: 4, label });
    await done;
  };
  const isIn = (refs: readonly Ref[], { watermarks }: Held): boolean =>
    refs.every((ref) => (watermarks[`${ref.writer}/${ref.generation}`] ?? 0) > ref.sequence);
  const allEqual = async (names: readonly Name[]): Promise<readonly Held[]> => {
    const expected = [...acknowledged, ...names.flatMap((name) => peer(name).acknowledged)];
    return until(
      () => Promise.all(names.map((name) => peer(name).held())),
      (all) => all.every((held) => held.viewHash === all[0]?.viewHash && isIn(expected, held)),
      `equal views at ${names.join(", ")}`,
    );
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "herdmind-mesh-"));
    for (const name of NAMES) ports.set(name, await freePort());
    for (const [i, from] of NAMES.entries()) {
      for (const to of NAMES.slice(0, i)) cables.push(await createCable(from, to, ports.get(to) as number));
    }
    ticket = (await start("orchestrator")).ticket ?? "";
    for (const name of NAMES.slice(1)) await start(name);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([...peers.values()].map((one) => one.kill()));
    await Promise.all(cables.map((cable) => cable.close()));
    await rm(dir, { recursive: true, force: true });
  });

  it("A2 A4 what each reports reaches canon, and all views are equal", async () => {
    await Promise.all(NAMES.slice(1).map((name) => report(name, name, 20)));
    const all = await allEqual(NAMES);
    expect(all[0]?.immunizations).toBe(80);
    expect(all.every(({ connections }) => connections["mesh"] === "connected")).toBe(true);
  });

  it("L8 a killed peer comes back with what it had, and gets what it missed", async () => {
    const reporting = report("ada", "ada before the end", 200).catch(() => undefined);
    await kill("grace");
    await report("edsger", "while grace is away", 10);
    await start("grace");
    await kill("ada");
    await reporting;
    await start("ada");
    await allEqual(NAMES);
  });

  it("A4 two halves go on apart, and are one again when the cables are", async () => {
    const far: readonly Name[] = ["edsger", "barbara"];
    const near = NAMES.filter((name) => !far.includes(name));
    const between = cables.filter(({ from, to }) => far.includes(from as Name) !== far.includes(to as Name));
    for (const cable of between) cable.cut();
    await Promise.all([report("edsger", "beyond the cut", 15), report("ada", "before the cut", 15)]);
    await allEqual(near);
    expect(isIn(peer("edsger").acknowledged.slice(-15), await peer("barbara").held())).toBe(false);
    for (const cable of between) cable.mend();
    await allEqual(NAMES);
  });

  it("what is reported where the orchestrator is out of reach travels through a third peer", async () => {
    const alone = cables.filter(({ from, to }) => from === "barbara" && to !== "edsger");
    const meeting = cables.filter(({ from, to }) => from === "edsger" && to !== "barbara");
    for (const cable of [...alone, ...meeting]) cable.cut();
    await report("barbara", "heard by edsger only", 5);
    // Edsger keeps it for barbara, who then goes away before he meets anybody else.
    await until(
      () => peer("edsger").held(),
      ({ lengths }) => isHeld(peer("barbara").acknowledged.slice(-5), lengths),
      "edsger carries barbara's log",
    );
    await kill("barbara");
    for (const cable of meeting) cable.mend();
    await allEqual(NAMES.slice(0, 4));
    for (const cable of alone) cable.mend();
    await start("barbara");
    await allEqual(NAMES);
  });

  it("L5 a newcomer with an empty disk gets everything", async () => {
    await kill("barbara");
    await rm(join(dir, "barbara"), { recursive: true });
    await start("barbara");
    const all = await allEqual(NAMES);
    expect(all.every(({ proofs, damage }) => proofs === 0 && damage === 0)).toBe(true);
  });
});

const isHeld = (refs: readonly Ref[], lengths: Held["lengths"]): boolean =>
  refs.every((ref) => (lengths[`${ref.writer}/${ref.generation}`] ?? 0) > ref.sequence);
