/** What is to be changed in an assistant's files: worked out as a whole before anything is written, and written as a whole or not at all. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { Chunk, Fault } from "./edit.js";
import { type LedgerEntry, readLedger, writeLedger } from "./ledger.js";
import type { Places } from "./places.js";
import { backUp, isUnchanged, missingDirs, readText, type TextFile, writeText } from "./text-file.js";
import { keyOf, put, take, type Want, type WantKind } from "./want.js";

export interface Change {
  /** As the assistant knows it; `before.path` is where it really is. */
  readonly file: string;
  readonly before: TextFile;
  /** `undefined`: the file goes. */
  readonly after: string | undefined;
  readonly what: readonly WantKind[];
  readonly entry: LedgerEntry;
}

export interface Plan {
  /** All files, also those that need no change. */
  readonly changes: readonly Change[];
  readonly faults: readonly (Fault & { readonly file: string })[];
  /** What stays although it was asked to go, and why. */
  readonly notes: readonly string[];
}

export interface Installation {
  readonly target: string;
  readonly scope: string;
  /** In any scope but `user`, no file behind a link that leaves the project is touched. */
  readonly places: Pick<Places, "project">;
  readonly wants: readonly Want[];
  /** The node's data directory, where is noted what was put where. */
  readonly dir: string;
}

/** What a user links in the own home is meant so, by managers of dotfiles for one; what a repository links is the word of strangers. */
const fenceOf = ({ scope, places }: Installation): string | undefined =>
  scope === "user" ? undefined : places.project;

export const isChanged = ({ before, after }: Change): boolean => before.text !== after;

const isEntryOf =
  ({ target, scope }: Pick<Installation, "target" | "scope">, file: string) =>
  (entry: LedgerEntry): boolean =>
    entry.target === target && entry.scope === scope && entry.file === file;

/** A file that holds nothing any more. */
const isBlank = (text: string): boolean => ["", "{}"].includes(text.replaceAll(/\s+/g, ""));

const byFile = (wants: readonly Want[]): ReadonlyMap<string, readonly Want[]> => Map.groupBy(wants, ({ file }) => file);

export const planInstall = async (installation: Installation): Promise<Plan> => {
  const ledger = await readLedger(installation.dir);
  const changes: Change[] = [];
  const faults: (Fault & { file: string })[] = [];
  for (const [file, wants] of byFile(installation.wants)) {
    const read = await readText(file, fenceOf(installation));
    if (!read.ok) {
      faults.push({ ...read, file });
      continue;
    }
    const known = ledger.find(isEntryOf(installation, file));
    const others = ledger.filter((entry) => entry.file === file && entry !== known);
    // Of a file that two targets read, both know what stands there: whoever goes last takes it away.
    const chunkOf = (key: string): Chunk | undefined =>
      known?.chunks[key] ?? others.find((entry) => key in entry.chunks)?.chunks[key];
    const chunks: { [key: string]: Chunk } = {};
    let text = read.file.text;
    for (const want of wants) {
      const edited = put(text, want, chunkOf(keyOf(want)));
      if (!edited.ok) {
        faults.push({ ...edited, file });
        break;
      }
      text = edited.text;
      if (edited.chunk !== undefined) chunks[keyOf(want)] = edited.chunk;
    }
    const creator = [known, ...others].find((entry) => entry?.isNew === true);
    const isNew = read.file.text === undefined || creator !== undefined;
    const dirs = read.file.text === undefined ? await missingDirs(read.file.path) : (creator?.dirs ?? []);
    const entry = { target: installation.target, scope: installation.scope, file, isNew, dirs, chunks };
    changes.push({ file, before: read.file, after: text, what: kindsOf(wants), entry });
  }
  return { changes, faults, notes: [] };
};

export const planUninstall = async (installation: Installation): Promise<Plan> => {
  const ledger = await readLedger(installation.dir);
  const changes: Change[] = [];
  const faults: (Fault & { file: string })[] = [];
  const notes: string[] = [];
  for (const [file, wants] of byFile(installation.wants)) {
    const read = await readText(file, fenceOf(installation));
    if (!read.ok) {
      faults.push({ ...read, file });
      continue;
    }
    const known = ledger.find(isEntryOf(installation, file));
    const others = ledger.filter((entry) => entry.file === file && entry !== known);
    let text = read.file.text;
    // The last one first: what came later may stand within what came before.
    for (const want of wants.toReversed()) {
      const user = others.find((entry) => keyOf(want) in entry.chunks);
      if (user !== undefined) {
        notes.push(`${file} keeps herdmind's words: ${user.target} reads them as well.`);
        continue;
      }
      const edited = take(text, want, known?.chunks[keyOf(want)]);
      if (!edited.ok) {
        faults.push({ ...edited, file });
        break;
      }
      text = edited.text;
    }
    if (text !== undefined && known?.isNew === true && others.length === 0 && isBlank(text)) text = undefined;
    const entry = known ?? {
      target: installation.target,
      scope: installation.scope,
      file,
      isNew: false,
      dirs: [],
      chunks: {},
    };
    changes.push({ file, before: read.file, after: text, what: kindsOf(wants), entry });
  }
  return { changes, faults, notes };
};

const kindsOf = (wants: readonly Want[]): readonly WantKind[] => [...new Set(wants.map(({ what }) => what))];

/** Lines around a change: enough to see where it is. */
const CONTEXT = 3;

/** A unified diff, which names the file that is written, behind links; empty where nothing changes. */
export const diffOf = ({ before, after }: Change): string =>
  before.text === after
    ? ""
    : createTwoFilesPatch(
        before.text === undefined ? "/dev/null" : before.path,
        after === undefined ? "/dev/null" : before.path,
        before.text ?? "",
        after ?? "",
        undefined,
        undefined,
        { context: CONTEXT, headerOptions: FILE_HEADERS_ONLY },
      );

export interface Written {
  readonly file: string;
  readonly backup?: string;
}

export interface CarriedOut {
  readonly written: readonly Written[];
  /** The file at which it ended, as it is: it was changed since it was read, or cannot be written. */
  readonly failed?: { readonly file: string; readonly reason: string };
}

/** Writes a plan without faults, up to the first file that cannot be written. */
export const carryOut = async (
  installation: Installation,
  plan: Plan,
  isUninstall: boolean,
  now = new Date(),
): Promise<CarriedOut> => {
  const ledger = await readLedger(installation.dir);
  const others = ledger.filter((entry) => !plan.changes.some(({ file }) => isEntryOf(installation, file)(entry)));
  const kept = plan.changes.map(({ entry }) => entry);
  const written: Written[] = [];
  let file = installation.dir;
  try {
    // First what is to be done, then the files: whoever is interrupted can still be exact.
    if (!isUninstall) await writeLedger(installation.dir, [...others, ...kept]);
    for (const change of plan.changes.filter(isChanged)) {
      file = change.file;
      if (!(await isUnchanged(change.before)))
        return { written, failed: { file, reason: "it was changed meanwhile; run this again" } };
      // A file that goes held nothing but what was put there.
      const isOurs = change.before.text === undefined || change.after === undefined;
      const backup = isOurs ? undefined : await backUp(change.before.path, now);
      await writeText(change.before, change.after, change.entry.dirs);
      written.push({ file, ...(backup === undefined ? {} : { backup }) });
    }
    if (isUninstall && ledger.length > 0) await writeLedger(installation.dir, others);
    return { written };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return { written, failed: { file, reason: (error as Error).message } };
  }
};
