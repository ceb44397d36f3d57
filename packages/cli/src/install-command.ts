/** `herdmind install`: a coding assistant's own configuration, shown as a diff, checked, written and taken away again. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CarriedOut,
  type Change,
  carryOut,
  checkServer,
  diffOf,
  isChanged,
  type Launch,
  launchOf,
  type Places,
  type Plan,
  planInstall,
  planUninstall,
  type Scope,
  TARGETS,
  type Target,
  type Written,
} from "@herdmind/install";
import { dataDir, stopNode } from "@herdmind/local/client";
import { holdsPeer } from "./asking.js";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import { showTargets } from "./install-list.js";
import type { Paint } from "./output.js";
import { oneLine } from "./printable.js";
import { askConfirm } from "./prompts.js";
import type { Shell } from "./shell.js";

export interface InstallFlags {
  readonly target?: readonly string[];
  readonly scope?: Scope;
  readonly list?: boolean;
  readonly uninstall?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly runWith?: "path" | "npx";
  readonly hooks?: boolean;
  readonly rules?: boolean;
}

interface Done {
  readonly target: string;
  readonly scope: Scope;
  readonly files: readonly {
    readonly file: string;
    readonly change: string;
    readonly backup?: string;
    readonly diff?: string;
  }[];
  readonly tools?: number;
  readonly notes: readonly string[];
}

const placesHere = (): Places => ({
  env: process.env,
  platform: process.platform,
  project: process.cwd(),
  exists: existsSync,
});

/** An assistant that a desktop started has none of this shell's variables: a directory that they name is written down. */
const launchHere = (dir: string, how: InstallFlags["runWith"]): Launch => {
  const { LOCALAPPDATA, PATH } = process.env;
  const isDefault = dir === dataDir(undefined, LOCALAPPDATA === undefined ? {} : { LOCALAPPDATA });
  return launchOf({
    ...(how === undefined ? {} : { how }),
    node: process.execPath,
    main: fileURLToPath(new URL("main.js", import.meta.url)),
    called: process.argv[1],
    path: PATH,
    ...(isDefault ? {} : { dir }),
  });
};

export const install = async (shell: Shell, flags: InstallFlags): Promise<ExitCode> => {
  const { dir, output } = shell;
  const places = placesHere();
  const launch = launchHere(dir, flags.runWith);
  if (flags.list === true) return showTargets(shell, places, launch);
  const names = flags.target ?? [];
  const known = TARGETS.map(({ name }) => name).join(", ");
  if (names.length === 0)
    return output.fail(wrongUsage(`Name the assistant: --target NAME, one of ${known}. --list shows what is here.`));
  const chosen: { readonly target: Target; readonly scope: Scope }[] = [];
  for (const name of new Set(names)) {
    const target = TARGETS.find((one) => one.name === name);
    if (target === undefined) return output.fail(wrongUsage(`"${name}" is not known here. Known: ${known}.`));
    const scope = flags.scope ?? target.scopes[0] ?? "user";
    if (!target.scopes.includes(scope))
      return output.fail(
        wrongUsage(`${target.title} has no servers of a ${scope}: only --scope ${target.scopes.join(", ")}.`),
      );
    chosen.push({ target, scope });
  }
  const done: Done[] = [];
  let tools: number | undefined;
  for (const { target, scope } of chosen) {
    const wants = target
      .wants(places, scope, launch)
      .filter(({ what }) => (what === "hooks" ? flags.hooks : what === "rules" ? flags.rules : true) !== false);
    const installation = { target: target.name, scope, places, wants, dir };
    const plan = flags.uninstall === true ? await planUninstall(installation) : await planInstall(installation);
    if (plan.faults.length > 0) return output.fail(faulty(plan));
    for (const change of plan.changes.filter(isChanged)) showDiff(shell, change);
    const isIdle = !plan.changes.some(isChanged);
    if (flags.dryRun !== true && !isIdle) {
      const asked = await mayWrite(shell, flags, target);
      if (asked !== undefined) return asked;
    }
    if (flags.dryRun !== true && flags.uninstall !== true && tools === undefined) {
      const checked = await check(shell, launch);
      if (typeof checked !== "number") return output.fail(checked);
      tools = checked;
    }
    const wrote: CarriedOut =
      flags.dryRun === true ? { written: [] } : await carryOut(installation, plan, flags.uninstall === true);
    if (wrote.failed !== undefined) return output.fail(unwritten(wrote));
    done.push({
      target: target.name,
      scope,
      files: await Promise.all(plan.changes.map((change) => fileLine(shell, change, wrote.written))),
      ...(tools === undefined ? {} : { tools }),
      notes: notesOf(shell, plan, target, scope, flags, launch),
    });
  }
  output.answer({ dryRun: flags.dryRun === true, targets: done }, (paint) =>
    done.flatMap((one) => lines(paint, one, flags)),
  );
  return EXIT.ok;
};

const faulty = ({ faults }: Plan): Failure =>
  wrongUsage(
    `${faults
      .map(({ file, line, reason }) => `${file}${line === undefined ? "" : `:${line}`}: ${reason}.`)
      .join(" ")} Nothing was changed.`,
  );

const unwritten = ({ failed, written }: CarriedOut): Failure => {
  const before =
    written.length === 0 ? "Nothing was changed" : `Changed before: ${written.map(({ file }) => file).join(", ")}`;
  return refusedBy("unavailable", `${failed?.file}: ${failed?.reason}. ${before}.`);
};

const COLOUR = { "+": "green", "-": "red", "@": "cyan" } as const;
/** Characters of a line of a diff: a configuration on one line must not flood the terminal. */
const MAX_LINE = 400;

const showDiff = ({ output }: Shell, change: Change): void => {
  for (const line of diffOf(change).trimEnd().split("\n")) {
    const colour = COLOUR[line[0] as keyof typeof COLOUR];
    const shown = oneLine(line, MAX_LINE);
    output.note(colour === undefined ? shown : output.paint(colour, shown));
  }
};

/** `undefined`: yes. */
const mayWrite = async (
  shell: Shell,
  { yes, uninstall }: InstallFlags,
  target: Target,
): Promise<ExitCode | undefined> => {
  if (yes === true) return undefined;
  const what = uninstall === true ? `Remove herdmind from ${target.title}` : `Write this for ${target.title}`;
  if (!shell.interactive || shell.output.json)
    return shell.output.fail(
      wrongUsage("Nobody is here to be asked, and nothing was written: say --yes, or look with --dry-run."),
    );
  if (await askConfirm(shell, `${what}?`)) return undefined;
  shell.output.note("Nothing was written.");
  return EXIT.refused;
};

/** Starts what will be written. Where there is no swarm yet, an empty directory: to begin or to join one is for a person to decide. */
const check = async ({ dir, interrupt }: Shell, launch: Launch): Promise<number | Failure> => {
  const isThere = holdsPeer(dir);
  const apart = isThere ? undefined : await mkdtemp(join(tmpdir(), "herdmind-check-"));
  try {
    const args = [...launch.args, "mcp", ...launch.ending, ...(apart === undefined ? [] : ["--dir", apart])];
    const checked = await checkServer({ command: launch.command, args, signal: interrupt.signal });
    if (checked.ok) return checked.tools.length;
    if (interrupt.code !== undefined)
      return { ...refusedBy("interrupted", "Nothing was written."), code: interrupt.code };
    return refusedBy(
      "unavailable",
      `"${[launch.command, ...args].join(" ")}" does not work: ${checked.reason}. Nothing was written.`,
    );
  } finally {
    if (apart !== undefined) {
      await stopNode(apart);
      await rm(apart, { recursive: true, force: true });
    }
  }
};

const fileLine = async (
  { output }: Shell,
  change: Change,
  written: readonly Written[],
): Promise<Done["files"][number]> => {
  const { file, before, after } = change;
  const kind = !isChanged(change)
    ? "same"
    : before.text === undefined
      ? "new"
      : after === undefined
        ? "removed"
        : "changed";
  const backup = written.find((one) => one.file === file)?.backup;
  // What --json prints is kept by scripts, and people's keys stand beside what is ours (E2).
  const diff = output.json ? (await (await import("herdmind")).redact(diffOf(change))).value : "";
  return { file, change: kind, ...(backup === undefined ? {} : { backup }), ...(diff === "" ? {} : { diff }) };
};

const notesOf = (
  { dir }: Shell,
  plan: Plan,
  target: Target,
  scope: Scope,
  { uninstall }: InstallFlags,
  launch: Launch,
): readonly string[] => {
  if (uninstall === true) return plan.notes;
  return [
    ...(target.advice === undefined ? [] : [target.advice]),
    ...(scope === "project" && launch.command !== "npx"
      ? ["These files name paths of this machine. For others who have this project: --run-with npx."]
      : []),
    ...(holdsPeer(dir)
      ? []
      : [
          "There is no swarm here yet. To take part in one: herdmind join TICKET --once. Otherwise the assistant begins one when it starts.",
        ]),
  ];
};

const WORDS: { readonly [change: string]: string } = {
  same: "as it is",
  new: "new",
  changed: "changed",
  removed: "removed",
};

const lines = (paint: Paint, { target, scope, files, tools, notes }: Done, flags: InstallFlags): readonly string[] => {
  const isIdle = files.every(({ change }) => change === "same");
  const head =
    flags.dryRun === true
      ? "nothing was written"
      : isIdle
        ? "nothing to do"
        : flags.uninstall === true
          ? "removed"
          : "installed";
  return [
    `${paint("bold", target)} (${scope}): ${paint(isIdle || flags.dryRun === true ? "dim" : "green", head)}${tools === undefined ? "" : `, checked: ${tools} tools`}`,
    ...files.map(
      ({ file, change, backup }) =>
        `  ${oneLine(file)}: ${WORDS[change]}${backup === undefined ? "" : `, backup ${oneLine(backup)}`}`,
    ),
    ...(isIdle && flags.uninstall !== true ? [] : notes.map((note) => `  ${paint("yellow", "note")} ${oneLine(note)}`)),
  ];
};
