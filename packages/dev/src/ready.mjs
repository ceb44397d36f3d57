// Makes a checkout ready to run: installs from the lockfile when node_modules does not match it, then builds what is
// stale. Runs before `npm start` and `npm test`, so it needs nothing but the Node that is already there (20 or newer),
// and says nothing when there is nothing to do. Everything it prints goes to stderr.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  forgetBuild,
  isBuilt,
  isPageBuilt,
  markBuilt,
  markPageBuilt,
  pagesOf,
  projectsWithMissingOutputs,
  pruneOutputs,
  sourceStamp,
  stateDir,
} from "./build-state.mjs";
import { installProblem } from "./install-state.mjs";
import { linkCommands } from "./link-commands.mjs";
import { takeLock } from "./lock.mjs";

const oldestNode = 22; // "engines" in package.json
const patience = 1000; // ms between asking a child to end and ending it
const stillWorkingEvery = 10_000; // ms; an install on a slow line must not look like a hang

const root = resolve(import.meta.dirname, "../../..");
const say = (line) => process.stderr.write(`[ready] ${line}\n`);
const since = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** A failure that a person can act on: what failed, and what to do next. */
class SetupError extends Error {
  constructor(what, next) {
    super(what);
    this.next = next;
  }
}

let interruptedBy; // the first SIGINT or SIGTERM: 128 + signal number is the exit code
const interruption = new AbortController();
let child;
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
]) {
  process.on(signal, () => {
    interruptedBy ??= code;
    interruption.abort();
    child?.kill(signal);
    // npm finishes what it is unpacking first, for many seconds. It is safe to cut short: an install without npm's own
    // lockfile at the end counts as none.
    setTimeout(() => child?.kill("SIGKILL"), patience).unref();
  });
}

/** Runs a command to its end; every line it prints goes to `onLine`. */
const run = (command, args, onLine) =>
  new Promise((done, failed) => {
    child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
      shell: process.platform === "win32" && !command.includes("\\"), // npm is a script there
    });
    const readLines = (stream) => {
      let rest = "";
      stream.setEncoding("utf8").on("data", (text) => {
        const lines = (rest + text).split(/\r?\n/);
        rest = lines.pop();
        lines.forEach(onLine);
      });
      stream.on("end", () => rest !== "" && onLine(rest));
    };
    readLines(child.stdout);
    readLines(child.stderr);
    child.on("error", failed);
    child.on("close", (code) => {
      child = undefined;
      if (interruptedBy === undefined) done(code);
      else failed(interruption.signal.reason);
    });
  });

const timed = async (what, work) => {
  const start = performance.now();
  const beat = setInterval(() => say(`${what}: still working, ${since(start)}`), stillWorkingEvery);
  try {
    return await work(() => since(start));
  } finally {
    clearInterval(beat);
  }
};

const install = (reason) =>
  timed("install", async (elapsed) => {
    say(`install: npm ci (${reason})`);
    const printed = [];
    const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    // npm names itself in the environment of its scripts: use that one rather than the first on the path.
    const npm = process.env.npm_execpath?.endsWith(".js") ? process.env.npm_execpath : undefined;
    const code = await run(
      npm === undefined ? "npm" : process.execPath,
      npm === undefined ? args : [npm, ...args],
      (line) => printed.push(line),
    );
    if (code !== 0) {
      for (const line of printed) say(`  ${line}`);
      throw new SetupError(
        `npm ci ended with code ${code} after ${elapsed()}`,
        "Read npm's message above. Offline: connect once. Lockfile out of step with package.json: run `npm install`.",
      );
    }
    say(`install: done in ${elapsed()}`);
  });

const pinnedNode = join(root, "node_modules", ".bin", "node");

const checkNode = () => {
  if (existsSync(pinnedNode) || Number.parseInt(process.versions.node, 10) >= oldestNode) return;
  throw new SetupError(
    `this is Node ${process.versions.node}; Node ${oldestNode} or newer is needed`,
    "On Linux x64 npm brings a fitting Node along, unless optional dependencies are turned off. Elsewhere install one.",
  );
};

const compile = async () => {
  const node = existsSync(pinnedNode) ? pinnedNode : process.execPath;
  const problems = [];
  const pretty = process.stderr.isTTY ? ["--pretty"] : [];
  const code = await run(
    node,
    [join("node_modules", "typescript", "bin", "tsc"), "--build", "--verbose", ...pretty],
    (line) => {
      const project = /Building project '(.*?)\/?tsconfig\.json'/.exec(line)?.[1];
      if (project !== undefined) say(`build: ${project}`);
      else if (!/Projects in this build|is up to date|is out of date|Updating|^\s+\* .*tsconfig/.test(line))
        problems.push(line);
    },
  );
  return { code, problems: problems.join("\n").trim() };
};

/** Pages load what Vite makes of them; it takes the sources as they are, so only after tsc has found them sound. */
const bundle = async (project) => {
  say(`build: ${project}, its page`);
  const node = existsSync(pinnedNode) ? pinnedNode : process.execPath;
  const printed = [];
  const vite = join("node_modules", "vite", "bin", "vite.js");
  const config = join(project, "vite.config.ts");
  const code = await run(node, [vite, "build", "--config", config, "--logLevel", "warn"], (line) => printed.push(line));
  if (code !== 0) {
    process.stderr.write(`${printed.join("\n")}\n`);
    throw new SetupError(
      `vite build of ${project} ended with code ${code}`,
      "Fix the errors above, then run the same command again.",
    );
  }
  markPageBuilt(root, project);
};

const build = () =>
  timed("build", async (elapsed) => {
    say("build: tsc --build");
    const sources = sourceStamp(root);
    const pruned = pruneOutputs(root).length;
    if (pruned > 0) say(`build: removed ${pruned} outputs whose source is gone`);
    let { code, problems } = await compile();
    const incomplete = code === 0 ? projectsWithMissingOutputs(root) : [];
    if (incomplete.length > 0) {
      for (const project of incomplete) forgetBuild(root, project);
      ({ code, problems } = await compile());
    }
    if (code !== 0) {
      process.stderr.write(`${problems}\n`);
      throw new SetupError(
        `tsc --build ended with code ${code} after ${elapsed()}`,
        "Fix the errors above, then run the same command again.",
      );
    }
    for (const project of pagesOf(root)) if (!isPageBuilt(root, project)) await bundle(project);
    markBuilt(root, sources);
    say(`build: done in ${elapsed()}`);
  });

const isReady = () => installProblem(root) === undefined && isBuilt(root);

try {
  if (!isReady()) {
    const release = await takeLock(join(stateDir(root), "lock"), {
      onWait: (pid) => say(`waiting for process ${pid}, which is setting up this checkout`),
      signal: interruption.signal,
    });
    process.on("exit", release);
    // Another process may have done the work while this one waited for the lock: look again.
    const reason = installProblem(root);
    if (reason !== undefined) await install(reason);
    checkNode();
    if (!isBuilt(root)) await build();
  } else checkNode();
  linkCommands(root);
} catch (error) {
  const known = error instanceof SetupError;
  if (interruptedBy !== undefined) say("interrupted. Run the same command again: it goes on from here.");
  else say(`failed: ${known ? error.message : (error.stack ?? error)}`);
  if (known && interruptedBy === undefined) say(`next: ${error.next}`);
  process.exitCode = interruptedBy ?? 1;
}
