import type { Canon, CanonEvent } from "@herdmind/canon";
import { emptyView, fold, identify } from "@herdmind/experience";
import {
  entryIdOf,
  type GenerationId,
  type RecordRef,
  record,
  type SwarmId,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createEmitter } from "./events.js";
import { createKnowledge } from "./knowledge.js";
import type { NodeEvents } from "./peer.js";

const swarm = toBase64url(new Uint8Array(32)) as SwarmId;
const author = toBase64url(new Uint8Array(32).fill(1)) as WriterId;
const generation = toBase64url(new Uint8Array(16)) as GenerationId;

/** A node's knowledge over a view that the test folds entries into. */
const openKnowledge = () => {
  const view = emptyView();
  const listeners = new Set<(event: CanonEvent) => void>();
  const subscribe = (listener: (event: CanonEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const knowledge = createKnowledge(
    swarm,
    { view, subscribe } as unknown as Canon,
    createEmitter<NodeEvents>(() => undefined),
    undefined,
    new Set(),
    () => undefined,
  );
  let entries = 0;
  /** A block of canon with so many entries, and the head that follows it. */
  const arrive = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const of: RecordRef = { writer: author, generation, sequence: entries++, index: 0 };
      const problem = {
        error: { message: `cannot mount volume ${"abcdefghij"[i % 10]}${"klmnopqrst"[entries % 10]} of ${entries}` },
      };
      const mitigation = { text: "release its lease" };
      const identity = identify({ type: "ERROR_RESOLVED", problem, mitigation });
      if (!identity.ok) throw new Error(identity.refusal.message);
      const { fingerprint, remedyId, title, search } = identity.value;
      const id = entryIdOf(swarm, of);
      const body = { id, type: "ERROR_RESOLVED", fingerprint, remedyId, title, search, mitigation, author, of, at: 1 };
      fold(view, record("immunization", body), of);
    }
    for (const listener of listeners) listener({ type: "head", head: undefined });
  };
  return { knowledge, arrive };
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("words of a few new entries are indexed in the next turn, however fast they follow each other", () => {
  const { knowledge, arrive } = openKnowledge();
  for (let i = 0; i < 5; i++) {
    arrive(3);
    expect(knowledge.index.pending).toBe(3);
    vi.advanceTimersByTime(2);
    expect(knowledge.index.pending).toBe(0);
  }
  knowledge.close();
});

test("words wait while canon is being caught up with, and follow when it rests", () => {
  const { knowledge, arrive } = openKnowledge();
  for (let i = 0; i < 8; i++) {
    arrive(100);
    vi.advanceTimersByTime(20);
  }
  expect(knowledge.index.pending).toBe(800);
  vi.advanceTimersByTime(500);
  expect(knowledge.index.pending).toBe(0);
  knowledge.close();
});

test("words of a canon that never rests are indexed nevertheless", () => {
  const { knowledge, arrive } = openKnowledge();
  for (let i = 0; i < 60; i++) {
    arrive(100);
    vi.advanceTimersByTime(50);
  }
  expect(knowledge.index.pending).toBeLessThan(5000);
  knowledge.close();
});
