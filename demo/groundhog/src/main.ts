/**
 * Groundhog, the main job: five agents and a hundred programs that really fail, twice. First each agent remembers only its own
 * past; then they are a swarm. `--help` says the rest.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createSwarm, type Peer } from "herdmind";
import { type Canonical, followVerdicts } from "./canonical.js";
import { type CoordinateOptions, coordinate, type RunLog } from "./coordinate.js";
import { deal } from "./deal.js";
import { createProgress } from "./progress.js";
import { describe, resultOf } from "./result.js";

const HELP = `Groundhog: five agents, a hundred failing programs, alone and as a swarm.

  npm start                     run both, then keep the swarm up until Ctrl-C
  npm start -- [options]

  --seed N       deal of tasks and orders (default: drawn and printed)
  --tasks N      tasks per agent, all of different causes (default 20, at most 24)
  --agents N     agent processes (default 5)
  --mesh         the swarm also meets without its relay: over libp2p
  --lose-relay N close the relay after N tasks of the swarm; needs --mesh
  --exit         end after the result
  --json FILE    write the result to FILE as JSON
  --help         this text

Exit code: 0 done, 1 something failed or was lost, 2 bad arguments, 130 interrupted.
`;

const AGENTS = 5;
const TASKS_PER_AGENT = 20;
/** Causes in a deal; an agent meets each at most once. */
const PROBLEMS = 24;

interface Arguments {
  readonly seed: number;
  readonly agents: number;
  readonly tasks: number;
  readonly mesh: boolean;
  /** The relay is closed after so many tasks; infinite: never. */
  readonly loseRelay: number;
  readonly exit: boolean;
  readonly json: string | undefined;
}

const readArguments = (): Arguments | { readonly help: string; readonly code: number } => {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: "string" },
        agents: { type: "string" },
        tasks: { type: "string" },
        mesh: { type: "boolean", default: false },
        "lose-relay": { type: "string" },
        exit: { type: "boolean", default: false },
        json: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return { help: HELP, code: 0 };
    if (values["lose-relay"] !== undefined && !values.mesh)
      throw new Error("--lose-relay needs --mesh: without relay and mesh nobody would hear of anybody");
    const count = (name: "seed" | "agents" | "tasks" | "lose-relay", fallback: number, most = 999_999_999): number => {
      const text = values[name];
      if (text === undefined) return fallback;
      if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} takes a whole number, not "${text}"`);
      if (Number(text) > most) throw new Error(`--${name} takes at most ${most}, not ${text}`);
      return Number(text);
    };
    return {
      seed: count("seed", Math.floor(Math.random() * 1_000_000)),
      agents: Math.max(1, count("agents", AGENTS)),
      tasks: Math.max(1, count("tasks", TASKS_PER_AGENT, PROBLEMS)),
      mesh: values.mesh,
      loseRelay: count("lose-relay", Number.POSITIVE_INFINITY),
      exit: values.exit,
      json: values.json,
    };
  } catch (error) {
    return { help: `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`, code: 2 };
  }
};

/** Lets a person look at the swarm, and every `herdmind` command ask it. */
const serve = async (swarm: Peer, dir: string): Promise<AsyncDisposable & { readonly text: string }> => {
  const { nodeLogOf, serveNode } = await import("@herdmind/local");
  const stack = new AsyncDisposableStack();
  const { log } = stack.use(await nodeLogOf(dir));
  const served = await serveNode(swarm, { dir, log, http: true });
  if (!served.ok) return { text: `${served.refusal.message}\n`, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  stack.use(served.value);
  const page = await served.value.web.invitePage();
  const text = page.ok
    ? `\n  dashboard  ${page.value.url}\n  code       ${page.value.code}  good once, within a minute; another: npx herdmind dashboard --dir ${dir}\n`
    : `${page.refusal.message}\n`;
  return { text, [Symbol.asyncDispose]: () => stack.disposeAsync() };
};

const main = async (args: Arguments, signal: AbortSignal): Promise<number> => {
  const out = process.stdout;
  const dealt = deal({ seed: args.seed, agents: args.agents, tasksPerAgent: args.tasks, problems: PROBLEMS });
  const dir = await mkdtemp(join(tmpdir(), "herdmind-groundhog-"));
  const names = dealt.agents.map((hand) => hand.name);
  const run = async (
    mode: string,
    ticket: string | undefined,
    during: Pick<CoordinateOptions, "onTask" | "beforeStop"> = {},
  ): Promise<RunLog> => {
    const progress = createProgress(out, names, args.tasks);
    const log = await coordinate({
      deal: dealt,
      dir: join(dir, mode),
      ticket,
      progress,
      signal,
      ...during,
    });
    progress.end();
    return log;
  };
  try {
    out.write(
      `Groundhog, seed ${dealt.seed}: ${args.agents} agents, ${args.agents * args.tasks} failing programs, ${dealt.problems} causes.\n\n`,
    );
    out.write("Run 1: alone. Each agent remembers only its own past.\n");
    const isolated = await run("alone", undefined);
    out.write("\nRun 2: as a swarm. The same tasks; what one agent solves, all know.\n");
    await using swarm = await createSwarm({
      name: `groundhog-${dealt.seed}`,
      dir: join(dir, "swarm"),
      mesh: args.mesh,
    });
    const canonicalOf = followVerdicts(swarm);
    const ticket = await swarm.invite();
    let canonical: Canonical = { immunizations: 0, records: [] };
    let relayClosed: Promise<void> | undefined;
    const shared = await run("together", ticket, {
      onTask: (done) => {
        if (done < args.loseRelay || relayClosed !== undefined) return;
        relayClosed = swarm.relay?.close();
        out.write(`  The relay is gone after ${done} tasks; the agents go on over the mesh.\n`);
      },
      beforeStop: async (log) => {
        await relayClosed;
        canonical = await canonicalOf(log.acknowledged, signal);
      },
    });
    const result = resultOf(dealt, isolated, shared, canonical);
    out.write(`\n${describe(result)}\n`);
    if (args.json !== undefined) await writeFile(args.json, `${JSON.stringify(result, null, 2)}\n`);
    if (!args.exit) {
      await using served = await serve(swarm, join(dir, "swarm"));
      out.write(`\nThe swarm stays up at ${swarm.addresses.join(", ")}; Ctrl-C ends it.\n${served.text}`);
      out.write(`\nJoin it with this ticket:\n\n${ticket}\n`);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    }
    return result.lost === 0 ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const args = readArguments();
if ("help" in args) {
  (args.code === 0 ? process.stdout : process.stderr).write(args.help);
  process.exitCode = args.code;
} else {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => interrupted.abort(new Error("interrupted")));
  }
  let finished = false;
  try {
    process.exitCode = await main(args, interrupted.signal);
    finished = true;
  } catch (error) {
    if (!interrupted.signal.aborted) {
      process.stderr.write(`groundhog: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 1;
    }
  }
  if (interrupted.signal.aborted) {
    process.stdout.write("\nStopped; everything was cleared away.\n");
    // Ctrl-C while the swarm merely stays up is the normal end.
    if (!finished) process.exitCode = 130;
  }
}
