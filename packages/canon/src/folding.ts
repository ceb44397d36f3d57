/**
 * Parts of canon folded into a view, block by block; and the check that a checkpoint is the state of what it continues (A2).
 */
import { emptyView, fold, type Position, type View, type ViewEvent, viewHash } from "@herdmind/experience";
import type { HeldBlock, Logs } from "@herdmind/log";
import { type BlockHash, type LogHead, record } from "@herdmind/protocol";
import type { Checkpoint, Generation } from "./generations.js";
import type { Part } from "./select.js";

/** A generation as far as it is folded. */
export interface FoldedPart {
  readonly generation: Generation;
  length: number;
  hash: BlockHash;
}

export interface Folding {
  readonly view: View;
  /** Oldest first; the first one is folded with its checkpoint, the others without. */
  readonly parts: FoldedPart[];
}

/** What a record changed, and where it stands. */
export interface Change {
  readonly event: ViewEvent;
  readonly position: Position;
}

/** Called with what each block changed, after all of it is folded. Not called for blocks of checkpoints. */
export type Announce = (block: HeldBlock, changes: readonly Change[]) => void;

/** A checkpoint that does not hold, and why. */
export interface Refuted {
  readonly generation: Generation;
  readonly why: string;
}

export const emptyFolding = (): Folding => ({ view: emptyView(), parts: [] });

/** Folds the records of a block from `index` on; those before `checkpointEnd` are of a checkpoint. */
export const foldBlock = (view: View, block: HeldBlock, index = 0, checkpointEnd = 0): readonly Change[] => {
  const { writer, generation } = block.log;
  const changes: Change[] = [];
  for (let i = index; i < block.records.length; i++) {
    const one = block.records[i] as HeldBlock["records"][number];
    const position = { writer, generation, sequence: block.sequence, index: i };
    for (const event of fold(view, one, position, i < checkpointEnd)) changes.push({ event, position });
  }
  return changes;
};

/** Folds a part that stands in `folding.parts` up to `to`, or to what storage still gives. */
export const foldTo = async (
  logs: Logs,
  folding: Folding,
  part: FoldedPart,
  to: number,
  announce: Announce,
): Promise<void> => {
  if (part.length >= to) return;
  for await (const block of logs.read(part.generation.log, part.length, to)) {
    const changes = foldBlock(folding.view, block);
    part.length = block.sequence + 1;
    part.hash = block.hash;
    announce(block, changes);
  }
};

/** What is wrong with a checkpoint in itself, whatever it continues. */
export const checkAlone = async (logs: Logs, generation: Generation): Promise<string | undefined> =>
  generation.checkpoint === undefined
    ? undefined
    : foldCheckpoint(logs, emptyFolding(), { ...generation, checked: false }, generation.checkpoint, () => undefined);

/** Folds a checkpoint into an empty view, and what stands after it in its last block. Answers what is wrong with it. */
const foldCheckpoint = async (
  logs: Logs,
  folding: Folding,
  generation: Generation,
  checkpoint: Checkpoint,
  announce: Announce,
): Promise<string | undefined> => {
  const { end } = checkpoint;
  let records = 0;
  for await (const block of logs.read(generation.log, 0, checkpoint.sequence + 1)) {
    const isLast = block.sequence === checkpoint.sequence;
    const stop = isLast ? checkpoint.index : block.records.length;
    records += stop;
    foldBlock(folding.view, isLast ? { ...block, records: block.records.slice(0, stop) } : block, 0, stop);
    if (!isLast) continue;
    folding.parts.push({ generation, length: block.sequence + 1, hash: block.hash });
    // `open` is not part of the checkpoint.
    if (!generation.checked) {
      if (records - 1 !== end.records) return `it has ${records - 1} records and says ${end.records}`;
      if (isJudgeable(folding.view) && viewHash(folding.view) !== end.viewHash)
        return "its records do not have the hash that it says";
    }
    announce(block, foldBlock(folding.view, block, stop + 1));
  }
  return undefined;
};

/** A peer that does not know all record types cannot tell whose state is right (E5). */
const isJudgeable = (view: View): boolean => view.counts.unknown.size === 0;

/** Begins with the oldest part: all of it for the first generation, its checkpoint for a later one. */
export const begin = async (
  logs: Logs,
  folding: Folding,
  { generation, to }: Part<Generation>,
  announce: Announce,
): Promise<Refuted | undefined> => {
  if (generation.checkpoint === undefined) {
    const part: FoldedPart = { generation, length: 0, hash: generation.first };
    folding.parts.push(part);
    await foldTo(logs, folding, part, to, announce);
    return undefined;
  }
  const why = await foldCheckpoint(logs, folding, generation, generation.checkpoint, announce);
  if (why !== undefined) return { generation, why };
  const part = folding.parts[0];
  if (part !== undefined) await foldTo(logs, folding, part, to, announce);
  return undefined;
};

/**
 * What `check` found: the checkpoint holds, it does not (`why`), this peer does not know enough record types to tell, or the
 * blocks are not to be had any more (a fork was proved meanwhile).
 */
export type Checked =
  | { readonly verdict: "holds" | "unjudged" | "gone" }
  | { readonly verdict: "refuted"; readonly why: string };

/** Whether `generation` opens with the state of `view`, which is folded exactly up to the head that it continues. */
export const check = async (logs: Logs, view: View, generation: Generation): Promise<Checked> => {
  const { checkpoint, officeOf } = generation;
  const { length, hash, ...log } = generation.continues as LogHead;
  if (checkpoint === undefined) return { verdict: "gone" };
  for await (const last of logs.read(log, length - 1, length)) {
    if (last.hash !== hash)
      return { verdict: "refuted", why: `it continues block ${length - 1} with hash ${hash}, which is ${last.hash}` };
  }
  const own: Folding = emptyFolding();
  const why = await foldCheckpoint(logs, own, { ...generation, checked: false }, checkpoint, () => undefined);
  if (own.parts.length === 0) return { verdict: "gone" };
  if (why !== undefined) return { verdict: "refuted", why };
  if (!isJudgeable(view) || !isJudgeable(own.view)) return { verdict: "unjudged" };
  // A change of term is the one thing that the history does not say.
  const truth = viewHash({ ...view, term: officeOf });
  return truth === checkpoint.end.viewHash
    ? { verdict: "holds" }
    : {
        verdict: "refuted",
        why: `it says that the state has hash ${checkpoint.end.viewHash}, its history gives ${truth}`,
      };
};

/** Goes on from the part before with the same view: the checkpoint that follows was checked and says nothing new. */
export const goOn = async (
  logs: Logs,
  folding: Folding,
  { generation, to }: Part<Generation>,
  announce: Announce,
): Promise<void> => {
  const { sequence, index } = generation.checkpoint as Checkpoint;
  for await (const block of logs.read(generation.log, sequence, sequence + 1)) {
    const part: FoldedPart = { generation, length: sequence + 1, hash: block.hash };
    const changes = [...foldTerm(folding.view, generation), ...foldBlock(folding.view, block, index + 1)];
    folding.parts.push(part);
    announce(block, changes);
    await foldTo(logs, folding, part, to, announce);
  }
};

/** The term record of a later generation is the only record of its opening that may change the state. */
const foldTerm = (view: View, { log, officeOf }: Generation): readonly Change[] => {
  const { term, holder, grant } = officeOf;
  const position = { ...log, sequence: 0, index: 1 };
  const events = fold(view, record("term", { term, holder, ...(grant === undefined ? {} : { grant }) }), position);
  return events.map((event) => ({ event, position }));
};
