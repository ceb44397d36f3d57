/** `herdmind doctor`: the links between this machine and canon, one after another, and the first one that fails. */
import { access, constants, lstat, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { askNode, type Check, type Diagnosis, socketPath } from "@herdmind/local/client";
import { holdsPeer } from "./asking.js";
import { EXIT, type ExitCode, type Failure, refusedBy } from "./exit-codes.js";
import { type Paint, rows } from "./output.js";
import { oneLine } from "./printable.js";
import { ask } from "./reach.js";
import type { Shell } from "./shell.js";
import { version } from "./version.js";

export interface DoctorFlags {
  readonly canary?: boolean;
  readonly patience?: number;
}

/** Bytes below which a disk is as good as full. */
const MIN_FREE_BYTES = 64 * 1024 * 1024;
/** Milliseconds that a node may take to say who it is: one that hangs takes connections all the same. */
const PATIENCE_MS = 10_000;
/** The oldest Node that is supported. */
const MIN_NODE = 22;

/** What can be told without opening the directory. */
const checkDirectory = async (dir: string): Promise<readonly Check[]> => {
  const failed = (name: string, detail: string, remedy: string): Check => ({ name, state: "failed", detail, remedy });
  const major = Number(process.versions.node.split(".")[0]);
  const checks: Check[] = [
    major >= MIN_NODE
      ? { name: "version", state: "ok", detail: `herdmind ${version()}, Node ${process.versions.node}` }
      : failed("version", `Node ${process.versions.node}`, `Install Node ${MIN_NODE} or newer.`),
  ];
  if (!holdsPeer(dir))
    return [
      ...checks,
      failed(
        "directory",
        `${dir} holds no peer`,
        "herdmind up begins a swarm there; herdmind join TICKET takes part in one.",
      ),
    ];
  const found = await lstat(dir);
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0)
    checks.push(
      failed(
        "directory",
        `${dir} is open to other users (mode ${(found.mode & 0o777).toString(8)})`,
        `chmod 700 "${dir}"`,
      ),
    );
  else if (
    !(await access(dir, constants.W_OK).then(
      () => true,
      () => false,
    ))
  )
    checks.push(failed("directory", `${dir} cannot be written`, "Mend its owner or its mount."));
  else checks.push({ name: "directory", state: "ok", detail: dir });
  const { bavail, bsize } = await statfs(dir);
  if (bavail * bsize < MIN_FREE_BYTES)
    checks.push(
      failed(
        "free space",
        `${Math.round((bavail * bsize) / 1024 / 1024)} MB left`,
        "Free some: nothing can be reported when it is full.",
      ),
    );
  else
    checks.push({ name: "free space", state: "ok", detail: `${Math.round((bavail * bsize) / 1024 / 1024 / 1024)} GB` });
  checks.push(await checkKeys(dir));
  return checks;
};

const checkKeys = async (dir: string): Promise<Check> => {
  const folder = join(dir, "keys");
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (!names.includes("peer.seed"))
    return {
      name: "keys",
      state: "failed",
      detail: `${folder} has no peer.seed`,
      remedy: "Restore it from a backup, or join anew from an empty directory.",
    };
  for (const name of names) {
    const { mode } = await lstat(join(folder, name));
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      return {
        name: "keys",
        state: "failed",
        detail: `${join(folder, name)} can be read by others`,
        remedy: `chmod 600 "${join(folder, name)}"`,
      };
  }
  return { name: "keys", state: "ok", detail: `${names.length}, readable by this user only` };
};

export const doctor = async (shell: Shell, { canary = true, patience }: DoctorFlags): Promise<ExitCode> => {
  const { dir, output, interrupt, logger } = shell;
  const local = [...(await checkDirectory(dir))];
  const patienceMs = patience === undefined ? undefined : patience * 1000;
  const late = AbortSignal.timeout(patienceMs ?? PATIENCE_MS);
  const node = local.some(({ state }) => state === "failed")
    ? undefined
    : await askNode(socketPath(dir), "inspect", { what: "node" }, AbortSignal.any([late, interrupt.signal])).catch(
        () => undefined,
      );
  if (node === undefined && late.aborted)
    local.push({
      name: "node",
      state: "failed",
      detail: "a node listens, and does not answer",
      remedy: `End its process, and look at ${join(dir, "node.log")}: it hangs, or was stopped.`,
    });
  const isBroken = local.some(({ state }) => state === "failed");
  if (node?.ok === true)
    local.push({
      name: "node",
      state: "ok",
      detail: `process ${node.value.node?.pid} of "${node.value.node?.swarmName}"`,
    });
  else if (!isBroken)
    local.push({ name: "node", state: "skipped", detail: "none is up; this command opened the directory itself" });
  let checks: readonly Check[] = local;
  let canaryMs: number | undefined;
  if (!isBroken) {
    const input = { canary, ...(patienceMs === undefined ? {} : { patienceMs }) };
    const answer = await ask({ dir, signal: interrupt.signal, logger }, "doctor", input);
    if (!answer.ok) return output.fail("code" in answer ? (answer as Failure) : refusedBy(answer.rule, answer.message));
    const found = answer.value as Diagnosis;
    checks = [...local, ...found.checks];
    canaryMs = found.canaryMs;
  }
  const first = checks.find(({ state }) => state === "failed");
  const diagnosis: Diagnosis = {
    isWell: first === undefined,
    checks,
    ...(first === undefined ? {} : { firstFailure: first.name }),
    ...(canaryMs === undefined ? {} : { canaryMs }),
  };
  output.answer(diagnosis, (paint) => [
    ...rows(
      paint,
      checks.map((check) => [check.name, line(paint, check)] as const),
    ),
    "",
    first === undefined
      ? paint("green", "Everything works.")
      : `${paint("red", `The first link that fails: ${first.name}.`)} ${oneLine(first.remedy ?? "")}`,
  ]);
  return first === undefined ? EXIT.ok : EXIT.unavailable;
};

const COLOUR = { ok: "green", failed: "red", skipped: "dim" } as const;
const line = (paint: Paint, { state, detail }: Check): string =>
  `${paint(COLOUR[state], state.padEnd(8))}${oneLine(detail)}`;
