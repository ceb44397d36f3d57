/**
 * The assistants, and what stands where in their configuration. Each format is named as its own documentation names it (read in November
 * 2026): the server's entry, the hooks that run when something has failed, and rules where a hook cannot reach the model or may be off.
 */
import { join } from "node:path";
import { LOOP } from "@herdmind/tools";
import type { JsonData } from "./json-edit.js";
import { type Launch, shellLine } from "./launch.js";
import { applicationData, configHome, homeOf, movable, type Places } from "./places.js";
import { marked } from "./text-edit.js";
import type { Want } from "./want.js";

export type Scope = "user" | "project";

export interface Target {
  readonly name: string;
  readonly title: string;
  readonly scopes: readonly Scope[];
  /** Something of the assistant is there when one of these is. */
  signs(places: Places): readonly string[];
  wants(places: Places, scope: Scope, launch: Launch): readonly Want[];
  /** What a person has to know or do besides. */
  readonly advice?: string;
}

/** The name of our server, of which assistants make names of tools. */
const SERVER = "herdmind";

const serverArgs = ({ args, ending }: Launch): readonly string[] => [...args, "mcp", ...ending];
const stdio = (launch: Launch) => ({ command: launch.command, args: serverArgs(launch) });

const server = (file: string, member: string, value: { readonly [name: string]: JsonData }): Want => ({
  as: "json",
  what: "server",
  file,
  path: [member, SERVER],
  value,
});

/** Seconds that an assistant waits for our hook; it has its own patience, which is shorter. */
const HOOK_SECONDS = 5;

const hookLine = (assistant: string, { command, args, ending }: Launch, { platform }: Places): string =>
  shellLine([command, ...args, "hook", assistant, ...ending], platform);

/** A hook of ours, of any version, wherever it was started from. */
const isOurLine = (assistant: string, line: unknown): boolean =>
  typeof line === "string" && new RegExp(`(?:herdmind|main\\.js)\\S*\\s+hook ${assistant}(?:\\s|$)`).test(line);

/** `{ matcher, hooks: [{ type: "command", command }] }`, as Claude Code, Codex and Gemini CLI have it. */
const groupedHook = (
  file: string,
  event: string,
  assistant: string,
  hook: { readonly command: string; readonly [name: string]: JsonData },
  matcher?: string,
): Want => ({
  as: "json",
  what: "hooks",
  file,
  path: ["hooks", event],
  value: { ...(matcher === undefined ? {} : { matcher }), hooks: [{ type: "command", ...hook }] },
  isOurs: (one) => isOurLine(assistant, (one as { readonly command?: unknown } | null)?.command),
  within: "hooks",
});

const rulesBlock = (file: string): Want => ({ as: "block", what: "rules", file, words: LOOP });
const rulesFile = (file: string, frontMatter: readonly string[]): Want => ({
  as: "file",
  what: "rules",
  file,
  whole: `---\n${frontMatter.join("\n")}\n---\n\n${marked(LOOP)}`,
  mark: "<!-- herdmind: begin",
});

const DESCRIPTION = "description: What the swarm of agents has learned about errors (herdmind)";

/**
 * Claude Code. Servers: `mcpServers` of `.mcp.json` in a project, of `~/.claude.json` for a user. Hooks: `settings.json`, events
 * PostToolUseFailure (its `error` is what the tool said) and UserPromptSubmit; both take `hookSpecificOutput.additionalContext`.
 */
const claudeCode: Target = {
  name: "claude-code",
  title: "Claude Code",
  scopes: ["user", "project"],
  signs: (places) => [
    join(homeOf(places), ".claude"),
    join(homeOf(places), ".claude.json"),
    join(places.project, ".mcp.json"),
  ],
  wants: (places, scope, launch) => {
    const home = homeOf(places);
    const moved = places.env.CLAUDE_CONFIG_DIR ?? "";
    const [servers, settings] =
      scope === "project"
        ? [join(places.project, ".mcp.json"), join(places.project, ".claude", "settings.json")]
        : moved === ""
          ? [join(home, ".claude.json"), join(home, ".claude", "settings.json")]
          : [join(moved, ".claude.json"), join(moved, "settings.json")];
    const hook = { command: hookLine("claude-code", launch, places), timeout: HOOK_SECONDS };
    return [
      server(servers, "mcpServers", { type: "stdio", ...stdio(launch) }),
      groupedHook(settings, "PostToolUseFailure", "claude-code", hook, "Bash|PowerShell"),
      groupedHook(settings, "UserPromptSubmit", "claude-code", hook),
    ];
  },
};

/**
 * Cursor. Servers: `mcpServers` of `.cursor/mcp.json`. Hooks: `.cursor/hooks.json`, version 1, event postToolUse, which a command that fails
 * fires as well, and which takes `additional_context`; postToolUseFailure takes no answer. Rules: `.cursor/rules/*.mdc`, in projects only.
 */
const cursor: Target = {
  name: "cursor",
  title: "Cursor",
  scopes: ["user", "project"],
  signs: (places) => [join(homeOf(places), ".cursor"), join(places.project, ".cursor")],
  wants: (places, scope, launch) => {
    const folder = join(scope === "project" ? places.project : homeOf(places), ".cursor");
    const hooks = join(folder, "hooks.json");
    const rules = rulesFile(join(folder, "rules", "herdmind.mdc"), [DESCRIPTION, "globs:", "alwaysApply: true"]);
    return [
      server(join(folder, "mcp.json"), "mcpServers", stdio(launch)),
      { as: "default", what: "hooks", file: hooks, name: "version", value: 1 },
      {
        as: "json",
        what: "hooks",
        file: hooks,
        path: ["hooks", "postToolUse"],
        value: { command: hookLine("cursor", launch, places), matcher: "Shell", timeout: HOOK_SECONDS },
        isOurs: (hook) => isOurLine("cursor", (hook as { readonly command?: unknown } | null)?.command),
      },
      ...(scope === "project" ? [rules] : []),
    ];
  },
};

/**
 * Codex. Servers: `[mcp_servers.NAME]` of `config.toml` in `~/.codex`, or in `.codex` of a project that is trusted. Hooks: `hooks.json` beside
 * it, event PostToolUse, which a command that fails fires as well; they run once a person has trusted them. Rules: `AGENTS.md`.
 */
const codex: Target = {
  name: "codex",
  title: "Codex",
  scopes: ["user", "project"],
  signs: (places) => [movable(places, "CODEX_HOME", ".codex"), join(places.project, ".codex")],
  wants: (places, scope, launch) => {
    const home = movable(places, "CODEX_HOME", ".codex");
    const folder = scope === "project" ? join(places.project, ".codex") : home;
    const hook = { command: hookLine("codex", launch, places), timeout: HOOK_SECONDS };
    return [
      {
        as: "toml",
        what: "server",
        file: join(folder, "config.toml"),
        table: ["mcp_servers", SERVER],
        value: stdio(launch),
      },
      groupedHook(join(folder, "hooks.json"), "PostToolUse", "codex", hook, "^Bash$"),
      rulesBlock(join(scope === "project" ? places.project : home, "AGENTS.md")),
    ];
  },
  advice:
    "Codex runs a hook once you have trusted it: open /hooks there. A project's configuration counts only where the project is trusted.",
};

/**
 * Visual Studio Code with Copilot. Servers: `servers` of `.vscode/mcp.json`, or of `mcp.json` in the user's profile. Hooks (a preview): JSON
 * files in `.github/hooks`, or in `~/.copilot/hooks`, event PostToolUse. Rules: `.github/instructions/*.instructions.md`.
 */
const vscode: Target = {
  name: "vscode",
  title: "Visual Studio Code",
  scopes: ["user", "project"],
  signs: (places) => [join(applicationData(places), "Code", "User"), join(places.project, ".vscode")],
  wants: (places, scope, launch) => {
    const isProject = scope === "project";
    const github = join(places.project, ".github");
    const hooks = join(isProject ? github : join(homeOf(places), ".copilot"), "hooks", "herdmind.json");
    const servers = isProject ? join(places.project, ".vscode") : join(applicationData(places), "Code", "User");
    const hook = { type: "command", command: hookLine("vscode", launch, places), timeout: HOOK_SECONDS };
    return [
      server(join(servers, "mcp.json"), "servers", { type: "stdio", ...stdio(launch) }),
      {
        as: "file",
        what: "hooks",
        file: hooks,
        whole: `${JSON.stringify({ hooks: { PostToolUse: [hook] } }, undefined, 2)}\n`,
        mark: "hook vscode",
      },
      ...(isProject
        ? [rulesFile(join(github, "instructions", "herdmind.instructions.md"), [DESCRIPTION, 'applyTo: "**"'])]
        : []),
    ];
  },
  advice:
    "Hooks of Visual Studio Code are a preview, and your organisation may have turned them off; the tools work all the same.",
};

/** Windsurf. Servers: `mcpServers` of `~/.codeium/windsurf/mcp_config.json`. Rules: `global_rules.md` in its `memories`. */
const windsurf: Target = {
  name: "windsurf",
  title: "Windsurf",
  scopes: ["user"],
  signs: (places) => [join(homeOf(places), ".codeium", "windsurf")],
  wants: (places, _, launch) => {
    const folder = join(homeOf(places), ".codeium", "windsurf");
    return [
      server(join(folder, "mcp_config.json"), "mcpServers", stdio(launch)),
      rulesBlock(join(folder, "memories", "global_rules.md")),
    ];
  },
};

/**
 * Gemini CLI. `settings.json` in `~/.gemini`, or in `.gemini` of a project, has both: `mcpServers`, and the hook AfterTool, whose timeout is in
 * milliseconds and which takes `hookSpecificOutput.additionalContext`.
 */
const geminiCli: Target = {
  name: "gemini-cli",
  title: "Gemini CLI",
  scopes: ["user", "project"],
  signs: (places) => [join(homeOf(places), ".gemini"), join(places.project, ".gemini")],
  wants: (places, scope, launch) => {
    const settings = join(scope === "project" ? places.project : homeOf(places), ".gemini", "settings.json");
    const hook = { name: SERVER, command: hookLine("gemini-cli", launch, places), timeout: HOOK_SECONDS * 1000 };
    return [
      server(settings, "mcpServers", stdio(launch)),
      groupedHook(settings, "AfterTool", "gemini-cli", hook, "run_shell_command"),
    ];
  },
};

/** Zed. `settings.json` of the user or in `.zed` of a project: `context_servers`, with `source: "custom"`. Rules: the user's `AGENTS.md`. */
const zed: Target = {
  name: "zed",
  title: "Zed",
  scopes: ["user", "project"],
  signs: (places) => [zedHome(places), join(places.project, ".zed")],
  wants: (places, scope, launch) => {
    const folder = scope === "project" ? join(places.project, ".zed") : zedHome(places);
    const value = { source: "custom", ...stdio(launch), env: {} };
    return [
      server(join(folder, "settings.json"), "context_servers", value),
      ...(scope === "project" ? [] : [rulesBlock(join(folder, "AGENTS.md"))]),
    ];
  },
};
const zedHome = (places: Places): string =>
  places.platform === "win32" ? join(applicationData(places), "Zed") : join(configHome(places), "zed");

/** OpenCode. `opencode.json` in `~/.config/opencode`, or in a project: `mcp`, with the command as one list. Rules: `AGENTS.md`. */
const opencode: Target = {
  name: "opencode",
  title: "OpenCode",
  scopes: ["user", "project"],
  signs: (places) => [join(configHome(places), "opencode"), join(places.project, "opencode.json")],
  wants: (places, scope, launch) => {
    const folder = scope === "project" ? places.project : join(configHome(places), "opencode");
    const value = { type: "local", command: [launch.command, ...serverArgs(launch)], enabled: true };
    const withComments = join(folder, "opencode.jsonc");
    const file = places.exists(withComments) ? withComments : join(folder, "opencode.json");
    return [server(file, "mcp", value), rulesBlock(join(folder, "AGENTS.md"))];
  },
};

export const TARGETS: readonly Target[] = [claudeCode, cursor, codex, vscode, windsurf, geminiCli, zed, opencode];
