/**
 * Chores of the orchestrator between two blocks of canon: problems are merged and parted, and fingerprints of older versions are
 * mapped to new ones. Both follow from canon and from the logs, so nothing of it is kept, and each block takes up a slice.
 */
import type { CanonEvent, Schedule } from "@herdmind/canon";
import type { View } from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import type { Draft } from "./draft.js";
import { createMerging, type Merging } from "./merging.js";
import { createUpgrader, draftUpgrade, outdated, type Upgrade } from "./upgrade.js";

/** Entries looked at, and old fingerprints mapped, in one block of canon: under 1 ms, and 32 KiB of records. */
const MERGE_SLICE = 128;
const UPGRADE_SLICE = 64;
/** Old fingerprints read ahead of the blocks that take them up. */
const MAX_AHEAD = 256;

export interface UpgradeProgress {
  /** Old fingerprints read so far, of how many. */
  readonly done: number;
  readonly total: number;
  /** Entries whose signal is not held, so that only their old fingerprint and their text find them. */
  readonly missing: number;
}

export interface Aliasing {
  take(event: CanonEvent): void;
  /** Whether the next block of canon has anything to take up. */
  isPending(): boolean;
  /** Drafts a slice. */
  draft(draft: Draft): void;
  /** Begins again with another view. */
  restart(view: View): void;
  close(): void;
}

export const createAliasing = (
  logs: Logs,
  schedule: Schedule,
  {
    onReady,
    onProgress,
    onError,
  }: {
    readonly onReady: () => void;
    readonly onProgress: (progress: UpgradeProgress) => void;
    readonly onError: (error: unknown) => void;
  },
): Aliasing => {
  let merging: Merging | undefined;
  let upgrades: Upgrade[] = [];
  let course = 0;

  const pause = (): Promise<void> => new Promise((resolve) => schedule(resolve, 0));

  const upgradeAll = async (view: View): Promise<void> => {
    const mine = ++course;
    const old = outdated(view);
    if (old.length === 0) return;
    const upgrade = createUpgrader(logs);
    let missing = 0;
    for (const [i, one] of old.entries()) {
      const found = await upgrade(view, one);
      if (mine !== course) return;
      missing += found.missing;
      upgrades.push(found);
      const done = i + 1;
      if (done % UPGRADE_SLICE !== 0 && done < old.length) continue;
      onReady();
      onProgress({ done, total: old.length, missing });
      do {
        await pause();
        if (mine !== course) return;
      } while (upgrades.length > MAX_AHEAD);
    }
  };

  return {
    take: (event) => {
      if (event.type === "changed") merging?.take(event.event);
    },
    isPending: () => upgrades.length > 0 || (merging?.pending() ?? 0) > 0,
    draft: (draft) => {
      for (const one of upgrades.splice(0, UPGRADE_SLICE)) draftUpgrade(draft, one);
      merging?.decide(draft, MERGE_SLICE);
    },
    restart: (view) => {
      merging = createMerging(view);
      upgrades = [];
      upgradeAll(view).catch(onError);
    },
    close: () => {
      course += 1;
      upgrades = [];
    },
  };
};
