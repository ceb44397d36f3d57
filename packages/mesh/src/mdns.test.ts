/** Multicast DNS, where the machine has it: two peers that know no address find each other. */
import { createSocket } from "node:dgram";
import { expect, it } from "vitest";
import { createMeshSwarm, quiet, until } from "./mesh.fixture.js";

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

const works = await multicastWorks();

it.runIf(works)("finds a peer on the local network, and only those of its swarm", { timeout: 30_000 }, async () => {
  await using net = await createMeshSwarm();
  await using other = await createMeshSwarm();
  const listen = ["/ip4/0.0.0.0/tcp/0"];
  const one = await net.start("agent", { listen, mdns: true });
  const stranger = await other.start("agent", { listen, mdns: true });
  const silent = await net.start("agent", { listen });
  const two = await net.start("agent", { listen, mdns: true });
  await until(() => one.mesh.neighbours.some(({ writer }) => writer === two.key.id), "a neighbour by multicast");
  await quiet();
  expect(stranger.mesh.neighbours).toEqual([]);
  // It did not ask, and nobody told.
  expect(silent.mesh.neighbours).toEqual([]);
});
