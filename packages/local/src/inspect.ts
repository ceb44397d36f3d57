/** What a node holds, for people who look for a fault. */
import { logKey, type RecordRef } from "@herdmind/protocol";
import type { Peer } from "herdmind";
import { type EntryLine, INSPECTABLE, type Inspected } from "./answers.js";

type Inspectable = (typeof INSPECTABLE)[number];

const holdersOf = (peer: Peer, at: RecordRef): NonNullable<EntryLine["holders"]> => {
  const { held, behind, unknown } = peer.holders(at);
  return { held: held.length, present: held.length + behind.length + unknown.length };
};

/** One part, or all of them; `undefined` for a part that does not exist. */
export const inspect = async (peer: Peer, what: string | undefined): Promise<Partial<Inspected> | undefined> => {
  const { view } = peer.canon;
  const holder = view.term?.holder;
  const show: { readonly [Name in Inspectable]: () => Inspected[Name] | Promise<Inspected[Name]> } = {
    node: () => ({
      swarm: peer.swarm,
      swarmName: peer.swarmName,
      id: peer.id,
      name: peer.name,
      role: peer.role,
      pid: process.pid,
      addresses: peer.addresses,
      ...(peer.dir === undefined ? {} : { dir: peer.dir }),
    }),
    present: () => peer.present(),
    members: () => [...view.members.values()] as unknown as Inspected["members"],
    logs: () =>
      peer.logs.list().map(({ writer, generation, length, hash, membership, quarantinedFrom }) => ({
        writer,
        generation,
        length,
        hash,
        role: membership.role,
        admitted: writer === holder ? null : (view.watermarks.get(logKey({ writer, generation }))?.length ?? 0),
        ...(membership.name === undefined ? {} : { name: membership.name }),
        ...(quarantinedFrom === undefined ? {} : { quarantinedFrom }),
      })),
    heads: () =>
      Promise.all(
        peer.logs.list().map(async ({ writer, generation, length, hash }) => {
          const signed = await peer.logs.signedHead({ writer, generation });
          return {
            writer,
            generation,
            length,
            hash,
            signed: signed === undefined ? null : Buffer.from(signed).toString("base64url"),
          };
        }),
      ),
    canon: () => {
      const head = peer.canon.head();
      return {
        ...(head === undefined ? {} : { head }),
        freshness: peer.canon.freshness(),
        alarms: peer.canon.alarms(),
        entries: [...view.entries.values()].map(({ immunization, status, reason, statusAt, evidence }) => {
          const worked = [...evidence.values()].filter(Boolean).length;
          return {
            id: immunization.id,
            type: immunization.type,
            status,
            title: immunization.title,
            mitigation: immunization.mitigation,
            author: immunization.author,
            worked,
            failed: evidence.size - worked,
            ...(reason === undefined ? {} : { reason }),
            ...(statusAt === undefined ? {} : { holders: holdersOf(peer, statusAt) }),
          };
        }),
      };
    },
    carried: () => peer.stats().carried,
    refusals: () => peer.stats().refusalsByRule,
    proofs: () => peer.logs.proofs().map((proof) => Buffer.from(proof).toString("base64url")),
    damage: () => peer.logs.damage.map(({ log, message }) => ({ log, message })),
  };
  const names = what === undefined ? INSPECTABLE : INSPECTABLE.filter((name) => name === what);
  if (names.length === 0) return undefined;
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await show[name]()] as const)));
};
