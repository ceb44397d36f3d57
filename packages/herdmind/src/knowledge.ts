/**
 * What a node knows: canon's view, the index over it, verdicts, and whoever waits for a remedy. Everything follows from events of
 * canon; texts are indexed in slices, so that a large canon delays nothing.
 */
import type { Canon } from "@herdmind/canon";
import {
  concerns,
  createIndex,
  type Index,
  type Member,
  type Profile,
  sameProblem,
  type ViewEvent,
} from "@herdmind/experience";
import type { Fingerprint, SwarmId, WriterId } from "@herdmind/protocol";
import type { Embedding } from "./embedding.js";
import type { Emitter } from "./events.js";
import type { NodeEvents } from "./peer.js";
import { createVerdicts, type Verdicts } from "./verdicts.js";

/** Entries put into the text index in one turn: about 10 ms, so that nothing waits long. */
const INDEX_SLICE = 500;
/** So few are put in at once, about 1 ms; with more, a peer is catching up, and what it can name it should hold first. */
const FEW = 64;
/** Canon rests when its head has not moved for so long. */
const REST_MS = 200;
/** A canon that never rests is indexed nevertheless. */
const MAX_WAIT_MS = 2000;

export interface Knowledge {
  /** Another object after canon was rebuilt. */
  readonly index: Index;
  readonly verdicts: Verdicts;
  /** Calls back when an entry with this fingerprint, or an alias of it, enters canon; gives a function that stops it. */
  onLearned(fingerprint: Fingerprint, learned: () => void): () => void;
  close(): void;
}

/** `onRefused`: canon said that this member does not count. `embedding`: makes the vectors of what is learnt. */
export const createKnowledge = (
  swarm: SwarmId,
  canon: Canon,
  emitter: Emitter<NodeEvents>,
  profile: Profile | undefined,
  ownWriters: ReadonlySet<WriterId>,
  onRefused: (member: Member) => void,
  embedding?: Embedding,
): Knowledge => {
  const waiting = new Set<{ readonly fingerprint: Fingerprint; readonly learned: () => void }>();
  const verdicts = createVerdicts(
    swarm,
    () => canon.view,
    (verdict) => emitter.emit("verdict", verdict),
  );
  let index = createIndex(canon.view, embedding?.space);
  let isIndexing = false;
  let isClosed = false;

  let headAt = Number.NEGATIVE_INFINITY;
  let waitUntil = Number.NEGATIVE_INFINITY;

  const indexSlice = (): void => {
    const now = performance.now();
    if (!isClosed && index.pending > FEW && now - headAt < REST_MS && now < waitUntil) {
      setTimeout(indexSlice, REST_MS);
      return;
    }
    isIndexing = !isClosed && index.indexSome(INDEX_SLICE) > 0;
    if (isIndexing) setTimeout(indexSlice);
    else embedding?.fill(() => index);
  };
  const keepIndexing = (): void => {
    if (isIndexing || index.pending === 0) return;
    isIndexing = true;
    waitUntil = performance.now() + MAX_WAIT_MS;
    setTimeout(indexSlice);
  };

  const tellStatus = ({ entry, before, position }: Extract<ViewEvent, { type: "status" }>): void => {
    const { immunization, status, reason = "", by, evidence } = entry;
    const { id, title, mitigation, author } = immunization;
    const appliedBy = [...ownWriters].filter((writer) => writer === author || evidence.has(writer));
    const superseder = by === undefined ? {} : { by };
    emitter.emit("status", { id, title, mitigation, status, before, reason, ...superseder, position, appliedBy });
  };

  const take = (event: ViewEvent): void => {
    verdicts.take(event);
    if (event.type === "member" && event.member.status === "refused") onRefused(event.member);
    if (event.type === "status") tellStatus(event);
    if (event.type !== "immunized") return;
    const { id, fingerprint } = event.entry.immunization;
    if (emitter.listens("immunized")) {
      const { entries } = index.recall({ fingerprint, limit: Number.MAX_SAFE_INTEGER, similar: "never" });
      const entry = entries.find((one) => one.id === id);
      const isOurs = concerns(canon.view.relevance, { profile }, event.entry.immunization);
      if (entry !== undefined) emitter.emit("immunized", { ...entry, concerns: isOurs });
    }
    for (const one of waiting) {
      if (sameProblem(canon.view, one.fingerprint).includes(fingerprint)) one.learned();
    }
  };

  const stop = canon.subscribe((event) => {
    switch (event.type) {
      case "changed":
        take(event.event);
        break;
      case "rebuilt":
        index = createIndex(event.view, embedding?.space);
        verdicts.doubt();
        for (const withdrawn of event.withdrawn) emitter.emit("withdrawn", withdrawn);
        break;
      case "alarm":
        emitter.emit("alarm", { message: event.alarm.message });
        break;
      case "head":
        headAt = performance.now();
        keepIndexing();
        break;
      case "verified":
        break;
    }
  });
  keepIndexing();

  return {
    get index() {
      return index;
    },
    verdicts,
    onLearned: (fingerprint, learned) => {
      const one = { fingerprint, learned };
      waiting.add(one);
      return () => waiting.delete(one);
    },
    close: () => {
      isClosed = true;
      stop();
      verdicts.close();
    },
  };
};
