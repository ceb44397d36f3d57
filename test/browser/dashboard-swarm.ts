/**
 * A swarm as a dashboard would find it, in this process: members with names, what they found within the last hour of canon's clock, who
 * tried it with which result, an entry that was revoked, proposals that were refused, and a node that serves its page.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { createClientClaims, createWeb, type Web } from "@herdmind/local";
import type { EntryId } from "@herdmind/protocol";
import { type Agent, createSwarm, join, type Peer, type Receipt, type Swarm } from "herdmind";
import { INCIDENTS, type Incident } from "./incidents.ts";

export interface DashboardSwarm extends AsyncDisposable {
  readonly swarm: Swarm;
  /** The members that joined, in the order of `names`. */
  readonly members: readonly Peer[];
  /** Of the incidents that were reported, in their order. */
  readonly ids: readonly EntryId[];
  readonly web: Web;
}

export interface DashboardOptions {
  readonly name: string;
  /** Of the members that join; each is invited by root, and so counts by itself (E1). */
  readonly names: readonly string[];
  readonly incidents?: readonly Incident[];
  /** Agents of the node itself that meet each problem again and are spared the search. */
  readonly repeats?: number;
}

const accepted = (receipt: Receipt) => {
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return receipt;
};

const errorOf = ({ error }: Incident): { readonly error: { readonly name: string; readonly message: string } } => ({
  error: { name: "Error", message: error },
});

/** Meets a problem that is known: applied, and it is gone. */
const meet = async (agent: Agent, incident: Incident): Promise<void> => {
  let isCured = false;
  await agent.attempt(
    { name: incident.domain },
    () => {
      if (!isCured) throw new Error(incident.error);
    },
    {
      apply: () => {
        isCured = true;
      },
    },
  );
};

const HOUR = 3_600_000;

export const createDashboardSwarm = async ({
  name,
  names,
  incidents = INCIDENTS,
  repeats = 1,
}: DashboardOptions): Promise<DashboardSwarm> => {
  const dir = await mkdtemp(pathOf(tmpdir(), "herdmind-dashboard-"));
  const parts: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const part of parts.reverse()) await part[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    // Canon's clock runs an hour while it is filled, so that there is a past to look at.
    let behind = HOUR * 0.95;
    const now = (): number => Math.floor(Date.now() - behind);
    const swarm = await createSwarm({ name, dir, now });
    parts.push(swarm);
    const web = await createWeb({ peer: swarm, claims: createClientClaims() }, { dir });
    parts.push(web);
    const started = await web.start();
    if (!started.ok) throw new Error(started.refusal.message);
    const members: Peer[] = [];
    for (const member of names) {
      const peer = await join(await swarm.invite(), { name: member });
      parts.push(peer);
      members.push(peer);
    }
    await Promise.all(members.map((member) => member.synced()));
    const here = await Promise.all(["night shift", "code review"].map((agent) => swarm.as(agent)));

    const ids: EntryId[] = [];
    const step = behind / (incidents.length + 1);
    for (const [i, incident] of incidents.entries()) {
      const author = members[i % members.length] as Peer;
      const told = accepted(
        await author.report({
          problem: { ...errorOf(incident), domain: incident.domain },
          mitigation: incident.remedy,
          discovery: incident.discovery,
        }),
      );
      await told.verdict;
      ids.push(told.id);
      const others = members
        .filter((member) => member !== author)
        .slice(0, (incident.works ?? 10) < 5 ? members.length : 3 + (i % 4));
      await Promise.all(
        others.map(async (member, place) => {
          await member.synced();
          const success = place * 10 < others.length * (incident.works ?? 10);
          const note = success ? "Gone after that." : "It came back with the next run.";
          await accepted(await member.outcome(told.id, { success, note })).verdict;
        }),
      );
      if ((incident.works ?? 10) > 5)
        for (let again = 0; again < repeats; again++) await meet(here[again % here.length] as Agent, incident);
      behind -= step * (0.6 + 0.8 * ((i * 7) % 10) * 0.1);
    }
    const [own] = here;
    if (own !== undefined) {
      // A secret that must not leave, a thank-you that is no remedy, and questions that nobody can answer yet.
      const leaky = { error: { name: "Error", message: "401 Unauthorized: the token was revoked" }, domain: "deploy" };
      const token = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
      await accepted(await own.report({ problem: leaky, mitigation: `Use the deploy key, not ${token}.` })).verdict;
      const empty = { error: { name: "Error", message: "no space left on device, write" }, domain: "build" };
      await accepted(await own.report({ problem: empty, mitigation: "Thank you!" })).verdict;
      for (const unknown of [
        "segmentation fault in libvips",
        "quota exceeded for project",
        "unexpected end of archive",
      ])
        await own.recall({ error: new Error(unknown) });
      const refused = await own.report({ problem: empty, mitigation: "x".repeat(40_000) });
      if (refused.ok) throw new Error("a text over the limit was taken");
    }
    behind = Math.max(0, Math.min(behind, HOUR / 30));
    await swarm.canon.settled();
    return { swarm, members, ids, web, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};
