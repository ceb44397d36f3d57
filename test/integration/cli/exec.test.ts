// `herdmind exec` and `herdmind shell` as a person uses them: real commands and shells, on pipes and on a real terminal.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { openMemory } from "@herdmind/shell";
import type { Known } from "herdmind";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMachine, documentOf, type Ended, type Machine, startSwarm } from "./herdmind-command.ts";
import { type Seated, sitDown } from "./terminal.ts";

const main = resolve(import.meta.dirname, "../../../packages/cli/dist/main.js");
const missing = "cfg: the settings file is missing from the work folder";

let machine: Machine;
let home = "";
let work = "";
beforeAll(async () => {
  machine = createMachine();
  home = machine.dir("home");
  work = machine.dir("work");
  for (const folder of [home, work]) mkdirSync(folder);
  await startSwarm(machine, home);
  const mitigation = { text: "Create the settings from the template", data: { shell: "touch settings.ini" } };
  const input = JSON.stringify({ text: missing, mitigation });
  expect((await machine.run(["report", "-", "--wait", "--dir", home], { input })).code).toBe(0);
});
afterAll(() => machine[Symbol.dispose]());

const exec = (command: readonly string[], flags: readonly string[] = []): Promise<Ended> =>
  machine.run(["exec", ...flags, "--", ...command], { env: { HERDMIND_HOME: home } });
const sh = (script: string, flags: readonly string[] = []): Promise<Ended> => exec(["sh", "-c", script], flags);
const recalled = async (text: string): Promise<Known> =>
  documentOf<Known>(await machine.run(["recall", "--text", text, "--json", "--dir", home]));

describe("without a terminal", () => {
  test("both streams, the exit code and standard input are the command's", async () => {
    expect(await sh("echo out; echo err >&2; echo more >/dev/stderr; exit 7")).toEqual({
      code: 7,
      stdout: "out\n",
      stderr: "err\nmore\n",
    });
    expect((await sh("kill -KILL $$")).code).toBe(137);
    expect(await exec(["herdmind-no-such-program"])).toMatchObject({
      code: 127,
      stderr: "herdmind-no-such-program: command not found\n",
    });
    expect((await exec([work])).code).toBe(126);
    // Without mkfifo there are Node's own pipes.
    const bare = machine.dir("bare");
    mkdirSync(bare);
    symlinkSync("/bin/sh", join(bare, "sh"));
    const script = ["exec", "--", "sh", "-c", "echo out; echo err >&2; exit 4"];
    expect(await machine.run(script, { env: { HERDMIND_HOME: machine.dir("nowhere"), PATH: bare } })).toMatchObject({
      code: 4,
      stdout: "out\n",
      stderr: expect.stringMatching(/^err\n/),
    });
    const env = { HERDMIND_HOME: home };
    const ended = await machine.run(["exec", "--", "sort", "-r"], { env, input: "a\nc\nb\n" });
    expect(ended.stdout).toBe("c\nb\na\n");
  });

  test("bytes of any kind pass as they are, into a slow reader and into one file", () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i + (i >> 7)) & 0xff));
    const file = join(work, "bytes");
    writeFileSync(file, bytes);
    const line = `'${process.execPath}' '${main}' exec -- sh -c 'cat bytes; exit 3' | (sleep 0.5; cat)`;
    const { stdout } = spawnSync("sh", ["-c", line], { cwd: work, maxBuffer: 10_000_000 });
    const hash = (value: Uint8Array): string => createHash("sha256").update(value).digest("hex");
    expect(hash(stdout)).toBe(hash(bytes));
    const log = join(work, "log");
    const fd = openSync(log, "w");
    const script = "for i in 1 2 3 4 5 6 7 8; do echo out $i; echo err $i >&2; done";
    spawnSync(process.execPath, [main, "exec", "--", "sh", "-c", script], { stdio: ["ignore", fd, fd] });
    expect(readFileSync(log, "utf8")).toBe([1, 2, 3, 4, 5, 6, 7, 8].map((i) => `out ${i}\nerr ${i}\n`).join(""));
  });

  test("a reader that goes away, and signals to us, reach the command", async () => {
    const line = `{ '${process.execPath}' '${main}' exec -- yes; echo $? >&2; } | head -n 1`;
    const { stdout, stderr } = spawnSync("sh", ["-c", line], { encoding: "utf8" });
    expect([stdout, stderr]).toEqual(["y\n", "141\n"]);
    const running = machine.start([
      "exec",
      "--",
      "sh",
      "-c",
      'trap "echo told; exit 5" TERM; echo up; while :; do sleep 0.05; done',
    ]);
    await running.line(/up/);
    running.signal("SIGTERM");
    expect(await running.ended).toEqual({ code: 5, stdout: "up\ntold\n", stderr: "" });
  });

  test("what is known is said on standard error; nothing, where nothing is known or nothing failed; and nobody is asked", async () => {
    const known = await sh(`echo out; printf '\\033[31m${missing}\\033[0m\\n' >&2; exit 9`);
    expect([known.code, known.stdout]).toEqual([9, "out\n"]);
    expect(known.stderr).toMatch(
      /missing from the work folder[\s\S]*Create the settings[\s\S]*\$ touch settings\.ini[\s\S]*entry /,
    );
    expect(known.stderr).not.toContain("Apply");
    const silent = [
      "echo 'quuxfrob 77: nobody has ever met this' >&2; exit 3",
      "exit 9",
      `echo '${missing}' >&2; kill -INT $$`,
      `echo '${missing}'`,
    ];
    const said = await Promise.all(silent.map(async (script) => (await sh(script)).stderr));
    expect(said.filter((stderr) => stderr.includes("herdmind"))).toEqual([]);
    expect(await exec(["grep", missing, "/dev/null"])).toEqual({ code: 1, stdout: "", stderr: "" });
    const json = await sh(`echo '${missing}' >&2; exit 9`, ["--json"]);
    expect(JSON.parse(json.stderr.slice(json.stderr.indexOf("{")))).toMatchObject({
      code: 9,
      known: [{ mitigation: { text: "Create the settings from the template" } }],
    });
  });

  test("a swarm that cannot be asked is one line, and the exit code is the command's", async () => {
    const env = { HERDMIND_HOME: machine.dir("nowhere") };
    const ended = await machine.run(["exec", "--", "sh", "-c", "echo broken >&2; exit 6"], { env });
    expect([ended.code, ended.stdout]).toEqual([6, ""]);
    expect(ended.stderr.split("\n").filter((line) => line.startsWith("herdmind"))).toHaveLength(1);
  });

  test("what could not be told, because the node does not start, can be told with the next success", async () => {
    const broken = machine.dir("broken");
    mkdirSync(broken);
    writeFileSync(join(broken, "peer.json"), "{}");
    const failure = { at: Date.now(), code: 4, text: "ld: cannot find -lzeta", shown: [] };
    const memory = openMemory(broken);
    await memory.keep(["true"], dirname(broken), failure);
    const told = ["exec", "--report", "$ make it", "--", "true"];
    const ended = await machine.run(told, { env: { HERDMIND_HOME: broken } });
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringMatching(/and works now[\s\S]*error unavailable/)]);
    expect(await memory.find(["true"], dirname(broken))).toEqual(failure);
  });

  test("E2 what solved it is reported only with --report, from git's difference, without secrets", async () => {
    const repo = machine.dir("repo");
    mkdirSync(repo);
    const git = (...args: readonly string[]): string =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
        cwd: repo,
        encoding: "utf8",
      });
    git("init", "--quiet");
    writeFileSync(
      join(repo, "build.sh"),
      `grep -q FIXED flags || { echo 'assembler: opcode zeta_fold is not in table'; exit 4; }\n`,
    );
    writeFileSync(join(repo, "flags"), "one\n");
    git("add", ".");
    git("commit", "--quiet", "-m", "first");
    const build = (...flags: readonly string[]) =>
      new Promise<Ended>((done) => {
        const child = spawn(process.execPath, [main, "exec", "--dir", home, ...flags, "--", "sh", "build.sh"], {
          cwd: repo,
        });
        let [stdout, stderr] = ["", ""];
        child.stdout.on("data", (part) => {
          stdout += part;
        });
        child.stderr.on("data", (part) => {
          stderr += part;
        });
        child.on("close", (code) => done({ code, stdout, stderr }));
      });
    const none = await build("--report", "nothing yet");
    expect(none.code).toBe(4);
    writeFileSync(join(repo, "flags"), "FIXED\npassword=hunter2-hunter2-9x\n");
    expect(await build()).toEqual({ code: 0, stdout: "", stderr: "" });
    const told = await build("--report", "$ make flags");
    expect([told.code, told.stdout]).toEqual([0, ""]);
    const id = /reported (\S{43})/.exec(told.stderr)?.[1];
    expect(id, told.stderr).toBeDefined();
    const story = (await machine.run(["why", id ?? "", "--json", "--dir", home])).stdout;
    expect(story).toContain("assembler: opcode zeta_fold");
    expect(story).toMatch(/flags/);
    expect(story).not.toContain("hunter2");
    expect((await build("--report", "again")).stderr).toContain("nothing was reported");
    const { entries } = await recalled("assembler: opcode zeta_fold is not in table");
    expect(entries.map((entry) => entry.mitigation)).toEqual([
      { text: "Run: make flags", data: { command: ["make", "flags"] } },
    ]);
  });
});

const PROMPT = /PROMPT> $/;
/** Somebody at a terminal, in a shell of a user who has herdmind. */
const sit = async (shell: readonly string[] = ["bash", "--norc", "--noprofile", "-i"]): Promise<Seated> => {
  const seated = sitDown(shell, {
    cwd: work,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: machine.dir("user"),
      HERDMIND_HOME: home,
      TMPDIR: dirname(home),
      TERM: "xterm",
      PS1: "PROMPT> ",
      H: `${process.execPath} ${main} exec --`,
    },
  });
  await seated.read(PROMPT);
  return seated;
};
const run = async (seated: Seated, line: string, matches: RegExp): Promise<RegExpExecArray> => {
  seated.type(`${line}\r`);
  await seated.read(/\n/);
  return seated.read(matches);
};

describe("on a terminal", () => {
  test("all streams are terminals of the same size and settings, and what it says is what it says", async () => {
    await using seated = await sit();
    await run(
      seated,
      "stty -echoctl intr ^G; $H sh -c 'test -t 0 && test -t 1 && test -t 2 && stty size && stty -a'; stty intr ^C",
      /30 100\r\n[\s\S]*PROMPT> $/,
    );
    expect(seated.all).toMatch(/intr = \^G/);
    await run(seated, "$H sh -c 'exit 7'; echo code=$?", /code=7\r\n[\s\S]*PROMPT> $/);
    await run(seated, "$H sh -c 'kill -SEGV $$'; echo code=$?", /code=139\r\n[\s\S]*PROMPT> $/);
    await run(
      seated,
      "echo x | $H sh -c 'test -t 0 || test -t 1 && test -t 2 && echo half'",
      /half\r\n[\s\S]*PROMPT> $/,
    );
    await run(seated, "$H sh -c 'test -t 1 || test -t 2 && echo other >&2' | cat", /other\r\n[\s\S]*PROMPT> $/);
    await run(
      seated,
      "$H sh -c 'echo no >&2; test -t 1 && echo yes' 2>err.txt; cat err.txt",
      /yes\r\nno\r\n[\s\S]*PROMPT> $/,
    );
    await run(seated, "$H sh -c 'stty raw -echo; echo up; dd bs=1 count=3 2>/dev/null | od -An -c; stty sane'", /up/);
    seated.type("\x03\x1a\r");
    await seated.read(/003\s+032\s+\\r[\s\S]*PROMPT> $/);
    await run(seated, "stty -a", / icanon[\s\S]* echo [\s\S]*PROMPT> $/);
    writeFileSync(join(work, "none.cjs"), "Object.defineProperty(process, 'arch', { value: 'none' });");
    await run(
      seated,
      "NODE_OPTIONS='--require ./none.cjs' $H sh -c 'test -t 0 && test -t 1 && test -t 2 && echo all; exit 3'; echo code=$?",
      /all\r\n[\s\S]*cannot be seen on this platform[\s\S]*code=3\r\n[\s\S]*PROMPT> $/,
    );
  });

  test("Ctrl-C is the command's, and nothing is said after it", async () => {
    await using seated = await sit();
    await run(
      seated,
      `$H sh -c 'trap "echo ${missing}; exit 3" INT; echo up; while :; do sleep 0.05; done'; echo code=$?`,
      /up\r\n/,
    );
    seated.type("\x03");
    const [said] = await seated.read(/code=3\r\n[\s\S]*PROMPT> $/);
    expect(said).not.toContain("herdmind");
    await run(seated, "$H sh -c 'echo up; exec sleep 60'; echo code=$?", /up\r\n/);
    seated.type("\x03");
    await seated.read(/code=130\r\n[\s\S]*PROMPT> $/);
  });

  test("Ctrl-Z stops it, fg brings it back with the size of now, bg lets it go on", async () => {
    await using seated = await sit();
    await run(seated, "$H sh -c 'echo up; read x; echo got $x; stty size; read y; stty size'", /up\r\n/);
    seated.type("\x1a");
    await seated.read(/Stopped[\s\S]*PROMPT> $/);
    await run(seated, "stty -a", / icanon[\s\S]*PROMPT> $/);
    seated.resize(120, 40);
    await run(seated, "fg", /stty size'\r\n/);
    seated.type("hello\r");
    await seated.read(/got hello\r\n40 120\r\n/);
    seated.type("\x1a");
    await seated.read(/Stopped[\s\S]*PROMPT> $/);
    await run(seated, "bg; echo and-on", /and-on\r\n/);
    await run(seated, "fg", /stty size'\r\n/);
    seated.resize(90, 20);
    seated.type("\r");
    await seated.read(/\d+ \d+\r\n[\s\S]*PROMPT> $/);
    await run(seated, "$H sh -c 'echo quiet-work' & wait", /quiet-work[\s\S]*PROMPT> $/);
    await run(seated, "$H sh -c 'echo up; exec sleep 60'", /up\r\n/);
    seated.type("\x1a");
    await seated.read(/Stopped[\s\S]*PROMPT> $/);
    await run(seated, "kill -HUP %%; fg; echo code=$?", /code=129\r\n[\s\S]*PROMPT> $/);
  });

  test("E1 a remedy that does not help is told to the swarm, and not offered again", async () => {
    const problem = "planner: cycle through omicron cannot be ordered";
    const input = JSON.stringify({
      text: problem,
      mitigation: { text: "Wait for it", data: { command: ["sleep", "0"] } },
    });
    expect((await machine.run(["report", "-", "--wait", "--dir", home], { input })).code).toBe(0);
    await using seated = await sit();
    await run(seated, `$H sh -c 'echo "${problem}" >&2; exit 5'; echo code=$?`, /Apply "sleep 0"/);
    seated.type("y\r");
    await seated.read(/again\?/);
    seated.type("\r");
    const [said] = await seated.read(/did not work[\s\S]*code=5\r\n[\s\S]*PROMPT> $/);
    expect(said).not.toContain("Apply");
    await expect.poll(async () => (await recalled(problem)).entries[0]?.evidence.failed).toBe(1);
  });

  test("E4 a remedy is run only after yes, then the command again, and the swarm hears that it worked", async () => {
    writeFileSync(join(work, "check.sh"), `test -f settings.ini || { echo '${missing}' >&2; exit 9; }; echo fine\n`);
    await using seated = await sit();
    await run(seated, "CI=1 $H sh check.sh; echo code=$?", /touch settings\.ini[\s\S]*code=9\r\n[\s\S]*PROMPT> $/);
    // For a problem that is only like this one it is shown, and not offered.
    await run(
      seated,
      `$H sh -c 'echo "y${missing}"; exit 9'; echo code=$?`,
      /\$ touch [\s\S]*code=9\r\n[\s\S]*PROMPT> $/,
    );
    expect(seated.all).not.toContain("Apply");
    await run(seated, "$H sh check.sh; echo code=$?", /Apply "touch settings\.ini"\? \[y\/N/);
    seated.type("\r");
    await seated.read(/code=9\r\n[\s\S]*PROMPT> $/);
    await run(seated, "ls settings.ini", /cannot access[\s\S]*PROMPT> $/);
    await run(seated, "$H sh check.sh; echo code=$?", /Apply "touch settings\.ini"\? \[y\/N/);
    seated.type("e\r");
    await seated.read(/claim of[\s\S]*Apply [\s\S]*\[y\/N/);
    seated.type("y\r");
    await seated.read(/again\?/);
    seated.type("\r");
    await seated.read(/fine\r\n[\s\S]*remedy worked[\s\S]*code=0\r\n[\s\S]*PROMPT> $/);
    await expect.poll(async () => (await recalled(missing)).entries[0]?.evidence.worked).toBe(1);
  });
});

const isHere = (name: string): boolean => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;

describe.each([
  ["bash", "linker: symbol gamma_ray undefined in unit tracked"],
  ["zsh", "scheduler: quota of tenant omega exhausted before midnight"],
])("herdmind shell %s", (name, problem) => {
  if (!isHere(name)) {
    test(`${name} is not installed here, so its hooks were NOT tried: it says that it could not begin`, async () => {
      await using seated = await sit(["sh", "-i"]);
      await run(seated, `${process.execPath} ${main} shell ${name}; echo code=$?`, /could not be run[\s\S]*code=125/);
    });
    return;
  }

  test("every command keeps its terminal; known failures are told, others are not, and what solved one is asked for", async () => {
    const user = machine.dir("user");
    mkdirSync(user, { recursive: true });
    const init = `eval "$('${process.execPath}' '${main}' shell-init ${name} --all)"`;
    const prompt =
      name === "zsh" ? "PROMPT='PROMPT> '; unsetopt prompt_sp zle" : "PS1='PROMPT> '; HISTCONTROL=ignoreboth";
    rmSync(join(work, "settings.ini"), { force: true });
    writeFileSync(join(user, `.${name}rc`), `${prompt}\nalias chk='sh shell-check.sh'\n${init}\n`);
    const made = `made-by-${name}`;
    writeFileSync(
      join(work, "shell-check.sh"),
      `test -f ${made}.ini || { echo '${missing}' >&2; exit 9; }; test -f ${made} || { echo '${problem}' >&2; exit 4; }; echo fine\n`,
    );
    await using seated = await sit([name, "-i"]);
    await run(seated, "echo in=$HERDMIND_SHELL at=$(tty)", /in=(\/dev\/\S+) at=\1\r\n[\s\S]*PROMPT> $/);
    await run(seated, `${name} -ic 'echo nested; exit 2'`, /nested\r\n[\s\S]*PROMPT> $/);
    await run(seated, "false; echo code=$?; sh -c 'exit 3'", /code=1\r\n[\s\S]*PROMPT> $/);
    await run(seated, "echo code=$?", /code=3\r\n[\s\S]*PROMPT> $/);
    if (name === "bash") {
      // At the prompt it interrupts nothing.
      seated.type("\x03");
      await seated.read(/\^C[\s\S]*PROMPT> $/);
    }
    await run(seated, "sh -c 'stty -echo; echo begun; sleep 0.5; stty echo; sh shell-check.sh'", /begun\r\n/);
    // What was typed before the question stood there is no answer to it.
    seated.type("y\ry");
    await seated.read(/Apply "touch settings\.ini"/);
    seated.type("\r");
    await seated.read(PROMPT);
    await run(seated, "ls settings.ini; echo code=$?", /code=2\r\n[\s\S]*PROMPT> $/);
    await run(seated, `touch ${made}.ini`, PROMPT);
    await run(seated, "chk", /gamma_ray[\s\S]*PROMPT> $|omega[\s\S]*PROMPT> $/);
    await run(seated, `touch ${made}`, PROMPT);
    await run(seated, "chk", /fine[\s\S]*What solved it/);
    seated.type(`made the file of ${name}\r`);
    await seated.read(/reported \S{43}[\s\S]*PROMPT> $/);
    await run(seated, "sh -c 'echo up; exec cat'", /up\r\n/);
    seated.type("\x1a");
    await seated.read(/(?:Stopped|suspended)[\s\S]*PROMPT> $/);
    await run(seated, "fg", /cat'\r\n/);
    seated.type("meow\r");
    await seated.read(/meow\r\nmeow\r\n/);
    seated.type("\x04");
    await seated.read(PROMPT);
    seated.resize(70, 21);
    await run(seated, "sleep 0.2; stty size", /21 70\r\n[\s\S]*PROMPT> $/);
    if (name === "bash") {
      await run(seated, ` echo '${missing}' >&2; sh -c 'exit 3'`, PROMPT);
      const [history] = await run(seated, "history", PROMPT);
      expect(history).not.toContain("exit 3");
    }
    // A disk that is full, say: what is known cannot be handed on, and the shell goes on.
    await run(
      seated,
      "mkdir $(echo $TMPDIR/herdmind-shell-*)/$$-{1..99}.json; echo made=$?",
      /made=0\r\n[\s\S]*PROMPT> $/,
    );
    await run(seated, `echo '${missing}' >&2; sh -c 'exit 3'`, PROMPT);
    seated.type("exit 5\r");
    expect(await seated.ended).toEqual({ code: 5, signal: null });
    const failures = readFileSync(join(home, "exec-failures.json"), "utf8");
    expect(failures).not.toContain("shell-check");
    const { entries } = await recalled(problem);
    expect(entries.map(({ mitigation }) => mitigation.text)).toContain(`made the file of ${name}`);
  });
});
