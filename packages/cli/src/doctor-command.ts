/** `herdmind doctor`: the links between this machine and canon, one after another, and the first one that fails. */
import { askNode, type Check, type Diagnosis, socketPath } from "@herdmind/local/client";
import { EXIT, type ExitCode, type Failure, refusedBy } from "./exit-codes.js";
import { type Paint, rows } from "./output.js";
import { checkNode, checkPlace, lookAt } from "./place-checks.js";
import { oneLine } from "./printable.js";
import { ask } from "./reach.js";
import type { Shell } from "./shell.js";
import { version } from "./version.js";

export interface DoctorFlags {
  readonly canary?: boolean;
  readonly patience?: number;
}

/** Milliseconds that a node may take to say who it is: one that hangs takes connections all the same. */
const PATIENCE_MS = 10_000;

export const doctor = async (shell: Shell, { canary = true, patience }: DoctorFlags): Promise<ExitCode> => {
  const { dir, output, interrupt, logger } = shell;
  const local = [...checkPlace(await lookAt(dir), version())];
  const isBroken = (): boolean => local.some(({ state }) => state === "failed");
  const patienceMs = patience === undefined ? undefined : patience * 1000;
  if (!isBroken()) {
    const late = AbortSignal.timeout(patienceMs ?? PATIENCE_MS);
    const until = AbortSignal.any([late, interrupt.signal]);
    const node = await askNode(socketPath(dir), "inspect", { what: "node" }, until).catch(() => undefined);
    const found = node?.ok === true ? node.value.node : undefined;
    local.push(checkNode(dir, found ?? (node === undefined && late.aborted ? "silent" : "none")));
  }
  let checks: readonly Check[] = local;
  let canaryMs: number | undefined;
  if (!isBroken()) {
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
