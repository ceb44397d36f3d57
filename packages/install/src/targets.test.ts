import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parse } from "smol-toml";
import { afterEach, describe, expect, test } from "vitest";
import { CONFIGURATIONS } from "./configurations.fixture.js";
import { meaningOf, parseJson } from "./json-text.js";
import type { Launch } from "./launch.js";
import type { Places } from "./places.js";
import { carryOut, diffOf, type Installation, isChanged, planInstall, planUninstall } from "./plan.js";
import { listTargets } from "./status.js";
import { type Scope, TARGETS, type Target } from "./targets.js";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

interface Machine {
  readonly home: string;
  readonly dir: string;
  readonly places: Places;
}
const createMachine = (env: { readonly [name: string]: string } = {}): Machine => {
  const root = mkdtempSync(join(tmpdir(), "herdmind-install-"));
  roots.push(root);
  const [home, project] = [join(root, "home"), join(root, "project")];
  for (const folder of [home, project]) mkdirSync(folder);
  const places: Places = { env: { HOME: home, ...env }, platform: "linux", project, exists: existsSync };
  return { home, dir: join(root, "data"), places };
};

const LAUNCH: Launch = { command: "/usr/bin/node", args: ["/opt/it's/main.js"], ending: [] };
const NEWER: Launch = { ...LAUNCH, args: ["/opt/newer/main.js"] };

const targetOf = (name: string): Target => TARGETS.find((one) => one.name === name) as Target;
const installationOf = ({ places, dir }: Machine, name: string, scope: Scope, launch = LAUNCH): Installation => ({
  target: name,
  scope,
  places,
  wants: targetOf(name).wants(places, scope, launch),
  dir,
});
const install = async (machine: Machine, name: string, scope: Scope, launch = LAUNCH) => {
  const installation = installationOf(machine, name, scope, launch);
  const plan = await planInstall(installation);
  expect(plan.faults).toEqual([]);
  return { plan, ...(await carryOut(installation, plan, false)) };
};
const uninstall = async (machine: Machine, name: string, scope: Scope) => {
  const installation = installationOf(machine, name, scope);
  const plan = await planUninstall(installation);
  expect(plan.faults).toEqual([]);
  return { plan, ...(await carryOut(installation, plan, true)) };
};

const filesIn = (root: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.endsWith(".bak")) found.set(relative(root, path), readFileSync(path, "utf8"));
  }
  return found;
};
const put = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};
const read = (file: string): { readonly [name: string]: unknown } => {
  const text = readFileSync(file, "utf8").replace(/^\ufeff/, "");
  if (file.endsWith(".toml")) return parse(text);
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return JSON.parse(meaningOf(parsed.root)) as { readonly [name: string]: unknown };
};

/** Where each assistant looks for its server, as its documentation says. */
const SERVERS: { readonly [target: string]: readonly [file: { readonly [scope: string]: string }, member: string] } = {
  "claude-code": [{ user: ".claude.json", project: ".mcp.json" }, "mcpServers"],
  cursor: [{ user: ".cursor/mcp.json", project: ".cursor/mcp.json" }, "mcpServers"],
  codex: [{ user: ".codex/config.toml", project: ".codex/config.toml" }, "mcp_servers"],
  vscode: [{ user: ".config/Code/User/mcp.json", project: ".vscode/mcp.json" }, "servers"],
  windsurf: [{ user: ".codeium/windsurf/mcp_config.json" }, "mcpServers"],
  "gemini-cli": [{ user: ".gemini/settings.json", project: ".gemini/settings.json" }, "mcpServers"],
  zed: [{ user: ".config/zed/settings.json", project: ".zed/settings.json" }, "context_servers"],
  opencode: [{ user: ".config/opencode/opencode.json", project: "opencode.json" }, "mcp"],
};

const BOM = "\ufeff";
const variants: readonly (readonly [string, (text: string) => string | undefined])[] = [
  ["as people have it", (text) => text],
  ["with the line ends of another system", (text) => text.replaceAll("\n", "\r\n")],
  ["with a byte order mark", (text) => BOM + text],
  ["empty", () => ""],
  ["not there", () => undefined],
];
const cases = TARGETS.flatMap(({ name, scopes }) =>
  scopes.flatMap((scope) => variants.map(([variant, change]) => ({ name, scope, variant, change }))),
);

test.each(cases)(
  "$name, $scope, $variant: the server is there, a second run has nothing to do, and all comes back",
  async ({ name, scope, change }) => {
    const machine = createMachine();
    const root = scope === "user" ? machine.home : machine.places.project;
    for (const [file, text] of Object.entries(CONFIGURATIONS[name]?.[scope] ?? {})) {
      const changed = change(text);
      if (changed !== undefined) put(join(root, file), changed);
    }
    const before = filesIn(root);

    const { written } = await install(machine, name, scope);
    const [files, member] = SERVERS[name] ?? [{}, ""];
    const file = join(root, files[scope] ?? "");
    const config = existsSync(`${file}c`) ? `${file}c` : file;
    const server = (
      read(config)[member] as { readonly herdmind?: { readonly command: unknown; readonly args?: readonly string[] } }
    ).herdmind;
    const { command: first, args = [] } = server ?? { command: undefined };
    const command = [first, args].flat();
    expect(command).toEqual(["/usr/bin/node", "/opt/it's/main.js", "mcp"]);
    for (const [path, text] of before) {
      const now = filesIn(root).get(path) ?? "";
      if (!path.endsWith(".md") && text.trim() !== "" && text !== BOM)
        expect(read(join(root, path))).toMatchObject(read2(path, text));
      if (text.startsWith(BOM)) expect(now.startsWith(BOM)).toBe(true);
      if (text.includes("\r\n")) expect(now.replaceAll("\r\n", "")).not.toContain("\n");
    }
    // Every file that was there has a copy of what it was.
    for (const { file: path, backup } of written)
      if (before.has(relative(root, path)))
        expect(readFileSync(backup ?? "", "utf8")).toBe(before.get(relative(root, path)));
      else expect(backup).toBeUndefined();

    const again = await planInstall(installationOf(machine, name, scope));
    expect(again.changes.filter(isChanged)).toEqual([]);

    await uninstall(machine, name, scope);
    expect(filesIn(root)).toEqual(before);
  },
);
/** What a file meant before it was written again. */
const read2 = (path: string, text: string) => {
  const folder = mkdtempSync(join(tmpdir(), "herdmind-meaning-"));
  roots.push(folder);
  const file = join(folder, path.endsWith(".toml") ? "x.toml" : "x.json");
  writeFileSync(file, text);
  const { hooks: _, ...others } = read(file);
  return others;
};

describe("hooks", () => {
  test("beside those that are there, and each once", async () => {
    const machine = createMachine();
    const settings = join(machine.home, ".claude", "settings.json");
    put(settings, CONFIGURATIONS["claude-code"]?.user?.[".claude/settings.json"] ?? "");
    await install(machine, "claude-code", "user");
    await install(machine, "claude-code", "user", NEWER);
    const { hooks } = read(settings) as { hooks: { [event: string]: { hooks: { command: string }[] }[] } };
    const lines = Object.entries(hooks).map(([event, groups]) => [
      event,
      groups.flatMap((group) => group.hooks.map(({ command }) => command)),
    ]);
    expect(lines).toEqual([
      ["PostToolUseFailure", ["notify-send failed", "/usr/bin/node /opt/newer/main.js hook claude-code"]],
      ["Stop", []],
      ["UserPromptSubmit", ["/usr/bin/node /opt/newer/main.js hook claude-code"]],
    ]);
    await uninstall(machine, "claude-code", "user");
    expect(readFileSync(settings, "utf8")).toBe(CONFIGURATIONS["claude-code"]?.user?.[".claude/settings.json"]);
  });

  test("a hook that a person put into our group stays, and ours is found beside it", async () => {
    const machine = createMachine();
    const settings = join(machine.home, ".claude", "settings.json");
    await install(machine, "claude-code", "user");
    writeFileSync(
      settings,
      readFileSync(settings, "utf8").replace(
        `"hooks": [\n          {`,
        `"hooks": [\n          { "command": "mine" },\n          {`,
      ),
    );
    expect(readFileSync(settings, "utf8")).toContain("mine");
    const { written } = await install(machine, "claude-code", "user", NEWER);
    expect(written).toHaveLength(2);
    const { hooks } = read(settings) as { hooks: { [event: string]: { hooks: { command: string }[] }[] } };
    expect(hooks.PostToolUseFailure?.[0]?.hooks.map(({ command }) => command)).toEqual([
      "mine",
      "/usr/bin/node /opt/newer/main.js hook claude-code",
    ]);
    await uninstall(machine, "claude-code", "user");
    expect(read(settings)).toEqual({
      hooks: { PostToolUseFailure: [{ matcher: "Bash|PowerShell", hooks: [{ command: "mine" }] }] },
    });
  });

  test("a line for a shell, whatever is in a path; Cursor's file says its version", async () => {
    const machine = createMachine();
    await install(machine, "cursor", "project");
    expect(read(join(machine.places.project, ".cursor", "hooks.json"))).toEqual({
      version: 1,
      hooks: {
        postToolUse: [{ command: `/usr/bin/node '/opt/it'\\''s/main.js' hook cursor`, matcher: "Shell", timeout: 5 }],
      },
    });
  });
});

test("what a person edits in other parts meanwhile stays, byte for byte", async () => {
  const machine = createMachine();
  for (const [file, text] of Object.entries(CONFIGURATIONS.codex?.user ?? {})) put(join(machine.home, file), text);
  await install(machine, "codex", "user");
  const edit = (file: string, from: string, to: string): void => {
    const path = join(machine.home, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
  };
  edit(".codex/config.toml", 'model = "gpt-5"', 'model = "gpt-6" # newer\nx = 1');
  edit(".codex/AGENTS.md", "Small commits", "Large commits");
  const config = CONFIGURATIONS.codex?.user?.[".codex/config.toml"] ?? "";
  await uninstall(machine, "codex", "user");
  expect(readFileSync(join(machine.home, ".codex/config.toml"), "utf8")).toBe(
    config.replace('model = "gpt-5"', 'model = "gpt-6" # newer\nx = 1'),
  );
  expect(readFileSync(join(machine.home, ".codex/AGENTS.md"), "utf8")).toBe("# How I work\n\n- Large commits.\n");
});

test("words that two assistants read stay until the last of them goes, and then every byte comes back", async () => {
  const machine = createMachine();
  const rules = join(machine.places.project, "AGENTS.md");
  await install(machine, "codex", "project");
  await install(machine, "opencode", "project");
  const { plan } = await uninstall(machine, "codex", "project");
  expect(plan.notes).toEqual([expect.stringMatching(/AGENTS\.md.*opencode/)]);
  expect(readFileSync(rules, "utf8")).toContain("herdmind: begin");
  await uninstall(machine, "opencode", "project");
  expect(filesIn(machine.places.project)).toEqual(new Map());
});

test("without the note of what was put where, only what is ours goes", async () => {
  const machine = createMachine();
  for (const [file, text] of Object.entries(CONFIGURATIONS.cursor?.user ?? {})) put(join(machine.home, file), text);
  await install(machine, "cursor", "user");
  rmSync(machine.dir, { recursive: true });
  await uninstall(machine, "cursor", "user");
  for (const [file, text] of Object.entries(CONFIGURATIONS.cursor?.user ?? {})) {
    put(join(machine.home, "was.json"), text);
    expect(read(join(machine.home, file))).toEqual(read(join(machine.home, "was.json")));
  }
});

test("a broken file is named with its line, and no file of the target is touched", async () => {
  const machine = createMachine();
  const settings = join(machine.home, ".claude", "settings.json");
  put(settings, `{\n  "hooks": {\n    "Stop": [ }\n}`);
  const plan = await planInstall(installationOf(machine, "claude-code", "user"));
  expect(plan.faults).toEqual([{ ok: false, file: settings, line: 3, reason: expect.stringMatching(/value|\]/) }]);
  put(join(machine.home, ".claude.json"), "\xff");
  writeFileSync(join(machine.home, ".claude.json"), Buffer.from([0x7b, 0xff, 0x7d]));
  const faults = (await planInstall(installationOf(machine, "claude-code", "user"))).faults;
  expect(faults.map(({ reason }) => reason)).toEqual(["it is not in UTF-8", expect.any(String)]);
  const { isFound, scopes } = (await listTargets(machine.places, LAUNCH))[0] ?? { scopes: [] };
  expect([isFound, scopes[0]?.state]).toEqual([true, "broken"]);
});

test("what the assistant wrote meanwhile is not lost", async () => {
  const machine = createMachine();
  const file = join(machine.home, ".claude.json");
  put(file, "{}");
  const installation = installationOf(machine, "claude-code", "user");
  const plan = await planInstall(installation);
  put(file, `{"numStartups":2}`);
  expect(await carryOut(installation, plan, false)).toEqual({
    written: [],
    failed: { file, reason: expect.stringContaining("changed meanwhile") },
  });
  expect(readFileSync(file, "utf8")).toBe(`{"numStartups":2}`);
});

test("a file that cannot be written is named, and what was written before it", async () => {
  const machine = createMachine();
  const installation = installationOf(machine, "opencode", "user");
  put(join(machine.home, ".config", "opencode", "opencode.json"), "{}");
  const plan = await planInstall(installation);
  // Somebody makes a directory of the name meanwhile.
  mkdirSync(join(machine.home, ".config", "opencode", "AGENTS.md"));
  const { written, failed } = await carryOut(installation, plan, false);
  expect(written.map(({ file }) => file)).toEqual([join(machine.home, ".config/opencode/opencode.json")]);
  expect(failed?.file).toBe(join(machine.home, ".config/opencode/AGENTS.md"));
});

test("links and permissions stay as they are, a backup has the same ones, and none is written over", async () => {
  const machine = createMachine();
  const [real, link] = [join(machine.home, "dotfiles", "claude.json"), join(machine.home, ".claude.json")];
  put(real, "{}");
  chmodSync(real, 0o600);
  symlinkSync(real, link);
  const now = new Date("2026-05-04T12:30:00.123Z");
  const backups: (string | undefined)[] = [];
  for (const launch of [LAUNCH, NEWER]) {
    const installation = installationOf(machine, "claude-code", "user", launch);
    const { written } = await carryOut(installation, await planInstall(installation), false, now);
    backups.push(written.find(({ file }) => file === link)?.backup);
  }
  expect(backups).toEqual([`${real}.herdmind-20260504T123000Z.bak`, `${real}.herdmind-20260504T123000Z-2.bak`]);
  expect(readFileSync(backups[0] ?? "", "utf8")).toBe("{}");
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  for (const file of [real, ...backups]) expect(statSync(file ?? "").mode & 0o777).toBe(0o600);
  expect(readdirSync(dirname(real)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

describe("a link of a project that leaves it", () => {
  const escapes: readonly (readonly [string, (outside: string, project: string) => string])[] = [
    [
      "from a file to one that is there",
      (outside, project) => {
        symlinkSync(join(outside, ".bashrc"), join(project, "AGENTS.md"));
        return join(outside, ".bashrc");
      },
    ],
    [
      "by a relative way, and another link",
      (outside, project) => {
        symlinkSync(relative(project, join(outside, ".bashrc")), join(project, "notes"));
        symlinkSync("notes", join(project, "AGENTS.md"));
        return join(outside, ".bashrc");
      },
    ],
    [
      "from a file to one that would be made",
      (outside, project) => {
        symlinkSync(join(outside, "new", "profile"), join(project, "AGENTS.md"));
        return join(outside, "new", "profile");
      },
    ],
    [
      "from a directory",
      (outside, project) => {
        symlinkSync(outside, join(project, ".codex"));
        return join(outside, "config.toml");
      },
    ],
    [
      "from a directory to one beside it whose name begins like its own",
      (_, project) => {
        symlinkSync(`${project}-other`, join(project, ".codex"));
        return join(`${project}-other`, "config.toml");
      },
    ],
  ];
  test.each(escapes)("%s: is named with its end, and nothing is touched", async (_, link) => {
    const machine = createMachine();
    const { project } = machine.places;
    put(join(machine.home, ".bashrc"), "# mine\n");
    const real = link(realpathSync(machine.home), realpathSync(project));
    const before = filesIn(dirname(machine.home));
    const installation = installationOf(machine, "codex", "project");
    for (const plan of [await planInstall(installation), await planUninstall(installation)]) {
      const [first] = plan.faults;
      expect(first?.reason).toContain(`leads to ${real}, which is outside of the project ${realpathSync(project)};`);
      expect(plan.changes.map((change) => change.before.path)).not.toContain(real);
    }
    expect((await listTargets(machine.places, LAUNCH)).find(({ target }) => target === "codex")?.scopes[1]?.state).toBe(
      "broken",
    );
    expect(filesIn(dirname(machine.home))).toEqual(before);
  });

  test("is none where it stays inside, or where the project itself is reached by a link", async () => {
    const machine = createMachine();
    const { project } = machine.places;
    put(join(project, "docs", "agents.md"), "# ours\n");
    symlinkSync(join("docs", "agents.md"), join(project, "AGENTS.md"));
    const way = join(machine.home, "way");
    symlinkSync(project, way);
    await install({ ...machine, places: { ...machine.places, project: way } }, "codex", "project");
    expect(lstatSync(join(project, "AGENTS.md")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(project, "docs", "agents.md"), "utf8")).toMatch(/^# ours\n[\s\S]*herdmind/);
  });

  test("is followed in the home, and the diff names where it leads", async () => {
    const machine = createMachine();
    const real = join(realpathSync(dirname(machine.home)), "dotfiles");
    put(join(real, "claude.json"), "{}\n");
    symlinkSync(join(real, "claude.json"), join(machine.home, ".claude.json"));
    mkdirSync(join(real, "claude"));
    symlinkSync(join(real, "claude"), join(machine.home, ".claude"));
    const { plan } = await install(machine, "claude-code", "user");
    expect(plan.changes.map((change) => diffOf(change).split("\n")[1])).toEqual([
      `+++ ${join(real, "claude.json")}`,
      `+++ ${join(real, "claude", "settings.json")}`,
    ]);
    expect(existsSync(join(real, "claude", "settings.json"))).toBe(true);
    expect(lstatSync(join(machine.home, ".claude.json")).isSymbolicLink()).toBe(true);
  });
});

test("places that variables move", async () => {
  const machine = createMachine();
  const env = { ...machine.places.env, CLAUDE_CONFIG_DIR: "/c", CODEX_HOME: "/x", XDG_CONFIG_HOME: "/g" };
  const files = (name: string, places: Partial<Places> = {}) =>
    targetOf(name)
      .wants({ ...machine.places, env, ...places }, "user", LAUNCH)
      .map(({ file }) => file);
  expect(files("claude-code")).toEqual(["/c/.claude.json", "/c/settings.json", "/c/settings.json"]);
  expect(files("codex")).toEqual(["/x/config.toml", "/x/hooks.json", "/x/AGENTS.md"]);
  expect(files("zed")[0]).toBe("/g/zed/settings.json");
  expect(files("vscode")[0]).toBe("/g/Code/User/mcp.json");
  expect(files("vscode", { platform: "darwin" })[0]).toBe(
    join(machine.home, "Library/Application Support/Code/User/mcp.json"),
  );
});

test("the list tells what is found, and how far it is installed", async () => {
  const machine = createMachine();
  mkdirSync(join(machine.home, ".cursor"));
  const stateOf = async (name: string, launch = LAUNCH) => {
    const status = (await listTargets(machine.places, launch)).find(({ target }) => target === name);
    return [status?.isFound, ...(status?.scopes.map(({ state }) => state) ?? [])];
  };
  expect(await stateOf("cursor")).toEqual([true, "absent", "absent"]);
  expect(await stateOf("zed")).toEqual([false, "absent", "absent"]);
  await install(machine, "cursor", "project");
  expect(await stateOf("cursor")).toEqual([true, "absent", "installed"]);
  expect(await stateOf("cursor", NEWER)).toEqual([true, "absent", "differs"]);
  rmSync(join(machine.places.project, ".cursor", "hooks.json"));
  expect(await stateOf("cursor")).toEqual([true, "absent", "partly"]);
});

test("the diff is one that patch takes", async () => {
  const machine = createMachine();
  put(join(machine.home, ".gemini", "settings.json"), "{}\n");
  const { plan } = await install(machine, "gemini-cli", "user");
  const [change] = plan.changes;
  if (change === undefined) throw new Error("nothing was planned");
  const [from, to, hunk] = diffOf(change).split("\n");
  expect([from, to]).toEqual([`--- ${change.before.path}`, `+++ ${change.before.path}`]);
  expect(hunk).toMatch(/^@@ -1,1 \+1,\d+ @@$/);
});
