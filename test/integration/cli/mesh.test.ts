// The mesh, through the command: real processes that meet without a relay, or say why they cannot.
import { createSocket } from "node:dgram";
import type { Inspected, ReportAnswer } from "@herdmind/local/client";
import type { Known, Stats } from "herdmind";
import { expect, test } from "vitest";
import { createMachine, documentOf, type Machine, type Running } from "./herdmind-command.ts";

const problem = ["--text", "the press at the mill is stuck"];
/** Processes that dial, introduce themselves and agree on topics, on a machine that is busy. */
const MEETING = { timeout: 30_000 };

interface Up {
  readonly ticket: string;
  readonly addresses: readonly string[];
}

const upWith = async (
  machine: Machine,
  dir: string,
  ...args: readonly string[]
): Promise<Up & { readonly node: Running }> => {
  const node = machine.start(["up", "--json", "--dir", dir, ...args]);
  return { ...(JSON.parse(await node.line(/^\{/)) as Up), node };
};
const joinWith = async (
  machine: Machine,
  dir: string,
  ticket: string,
  ...args: readonly string[]
): Promise<Running> => {
  const node = machine.start(["join", ticket, "--json", "--dir", dir, ...args]);
  await node.line(/^\{/);
  return node;
};
const connections = async (machine: Machine, dir: string): Promise<Stats["connections"]> =>
  documentOf<Stats>(await machine.run(["stats", "--json", "--dir", dir])).connections;
const present = async (machine: Machine, dir: string): Promise<readonly string[]> =>
  documentOf<Inspected["present"]>(await machine.run(["inspect", "present", "--json", "--dir", dir])).map(
    ({ name }) => name,
  );
const tcpOf = (addresses: readonly string[]): string =>
  addresses.find((address) => /\/tcp\/\d+\/p2p\//.test(address)) ?? "no address on the mesh";

test("with --mesh peers meet without the relay: it is stopped, and what one reports the other recalls", async () => {
  using machine = createMachine();
  const [root, bob, cyd] = [machine.dir("root"), machine.dir("bob"), machine.dir("cyd")];
  const { ticket, node } = await upWith(machine, root, "--mesh", "--port", "0", "--mesh-port", "0");
  await joinWith(machine, bob, ticket, "--name", "bob");
  await joinWith(machine, cyd, ticket, "--name", "cyd");
  for (const dir of [bob, cyd])
    await expect.poll(() => connections(machine, dir), MEETING).toEqual({ relay: "connected", mesh: "connected" });
  await expect.poll(() => present(machine, cyd), MEETING).toContain("bob");

  // Relay and orchestrator are gone; the two never had each other's address from anybody but the mesh.
  expect((await node.interrupt()).code).toBe(0);
  for (const dir of [bob, cyd])
    await expect.poll(async () => (await connections(machine, dir)).relay, MEETING).not.toBe("connected");
  const reported = documentOf<ReportAnswer>(
    await machine.run(["report", ...problem, "--mitigation", "open the valve", "--json", "--dir", bob]),
  );
  expect(reported.verdict.status).toBe("pending");
  const recall = async () =>
    documentOf<Known>(await machine.run(["recall", ...problem, "--provisional", "--json", "--dir", cyd])).entries;
  await expect.poll(recall, MEETING).toMatchObject([{ provisional: true, mitigation: { text: "open the valve" } }]);
  expect((await connections(machine, cyd)).mesh).toBe("connected");
});

test("a ticket with addresses of the mesh alone is enough, and they stay the same after a restart", async () => {
  using machine = createMachine();
  const [root, member] = [machine.dir("root"), machine.dir("member")];
  const first = await upWith(machine, root, "--mesh", "--port", "0", "--mesh-port", "0");
  const tcp = tcpOf(first.addresses);
  const only = await machine.run(["invite", "--json", "--dir", root]);
  expect(documentOf<Up>(only).addresses).toContain(tcp);
  await first.node.interrupt();
  const second = await upWith(machine, root, "--advertise", tcp);
  expect(second.addresses).toEqual([tcp]);
  await joinWith(machine, member, second.ticket);
  await expect.poll(() => connections(machine, member), MEETING).toEqual({ mesh: "connected" });
  const reported = await machine.run([
    "report",
    ...problem,
    "--mitigation",
    "open the valve",
    "--wait",
    "--json",
    "--dir",
    member,
  ]);
  expect(documentOf<ReportAnswer>(reported).verdict.status).toBe("admitted");
  const port = /\/tcp\/(\d+)/.exec(tcp)?.[1] ?? "";
  const taken = await machine.run(["up", "--port", "0", "--mesh-port", port, "--dir", machine.dir("other")]);
  expect([taken.code, taken.stderr]).toEqual([4, expect.stringMatching(/mesh cannot listen[\s\S]*--mesh-port/)]);
});

test("--no-mesh keeps to the relay, on either side, and a restart remembers it", async () => {
  using machine = createMachine();
  const [root, member] = [machine.dir("root"), machine.dir("member")];
  const meshed = await upWith(machine, root, "--mesh", "--port", "0", "--mesh-port", "0");
  const node = await joinWith(machine, member, meshed.ticket, "--no-mesh");
  await expect.poll(() => connections(machine, member), MEETING).toEqual({ relay: "connected" });
  await node.interrupt();
  // Without the flag the ticket's addresses decide.
  const both = machine.start(["join", "--json", "--dir", member]);
  await both.line(/^\{/);
  await expect.poll(() => connections(machine, member), MEETING).toEqual({ relay: "connected", mesh: "connected" });
  await both.interrupt();
  await meshed.node.interrupt();

  const relayed = await upWith(machine, root, "--no-mesh");
  expect(relayed.addresses.filter((address) => address.startsWith("/"))).toEqual([]);
  expect(await connections(machine, root)).not.toHaveProperty("mesh");
  await relayed.node.interrupt();
  const again = await upWith(machine, root);
  expect(again.addresses.filter((address) => address.startsWith("/"))).toEqual([]);
});

test("--listen says where a member is met, and what cannot be listened at is said", async () => {
  using machine = createMachine();
  const [root, member] = [machine.dir("root"), machine.dir("member")];
  const { ticket } = await upWith(machine, root, "--mesh", "--port", "0", "--mesh-port", "0");
  await joinWith(machine, member, ticket, "--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.1/tcp/0/ws");
  await expect.poll(() => connections(machine, member), MEETING).toEqual({ relay: "connected", mesh: "connected" });
  const { addresses } = documentOf<Inspected["node"]>(
    await machine.run(["inspect", "node", "--json", "--dir", member]),
  );
  const own = addresses.filter((address) => address.startsWith("/"));
  expect(own).toContainEqual(expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d*\/p2p\//));
  expect(own).toContainEqual(expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d*\/ws\/p2p\//));
  // Somebody else joins by that address alone.
  const third = machine.dir("third");
  const invited = documentOf<Up>(await machine.run(["invite", "--json", "--dir", member]));
  expect(invited.addresses).toEqual(expect.arrayContaining(own));
  await joinWith(machine, third, invited.ticket, "--name", "third");
  await expect.poll(() => present(machine, member), MEETING).toContain("third");

  const port = /\/tcp\/(\d+)\/p2p\//.exec(own.join(" "))?.[1] ?? "";
  const taken = await machine.run([
    "join",
    ticket,
    "--listen",
    `/ip4/127.0.0.1/tcp/${port}`,
    "--dir",
    machine.dir("late"),
  ]);
  expect([taken.code, taken.stderr]).toEqual([
    4,
    expect.stringMatching(/mesh cannot listen .*: listen EADDRINUSE[^\n]*--listen/),
  ]);
  const wrong = await machine.run(["join", ticket, "--listen", "127.0.0.1:4880", "--dir", machine.dir("late")]);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/--listen/)]);
});

/** Whether a multicast message comes back on this machine. */
const multicastWorks = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    const finish = (works: boolean): void => {
      clearTimeout(timer);
      socket.close();
      resolve(works);
    };
    const timer = setTimeout(() => finish(false), 1000);
    socket.on("error", () => finish(false));
    socket.on("message", () => finish(true));
    socket.bind(0, () => {
      try {
        socket.addMembership("224.0.0.251");
        socket.setMulticastLoopback(true);
        socket.send("herdmind", socket.address().port, "224.0.0.251");
      } catch {
        finish(false);
      }
    });
  });

test.runIf(await multicastWorks())(
  "--mdns finds the swarm on the local network, where the ticket has no address that answers",
  async () => {
    using machine = createMachine();
    const [root, member] = [machine.dir("root"), machine.dir("member")];
    const nobody = "ws://127.0.0.1:9";
    const { ticket, addresses } = await upWith(
      machine,
      root,
      "--mdns",
      "--port",
      "0",
      "--mesh-port",
      "0",
      "--advertise",
      nobody,
    );
    expect(addresses).toEqual([nobody]);
    await joinWith(machine, member, ticket, "--mdns", "--name", "bob");
    await expect.poll(async () => (await connections(machine, member)).mesh, MEETING).toBe("connected");
    expect((await connections(machine, member)).relay).not.toBe("connected");
    const reported = await machine.run([
      "report",
      ...problem,
      "--mitigation",
      "open the valve",
      "--wait",
      "--json",
      "--dir",
      member,
    ]);
    expect(documentOf<ReportAnswer>(reported).verdict.status).toBe("admitted");
  },
);
