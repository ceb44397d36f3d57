/** Configurations as people have them: other servers, comments, odd indents, and what the assistants keep there besides. */

/** By target and scope: files relative to the home or the project. */
export const CONFIGURATIONS: {
  readonly [target: string]: { readonly [scope: string]: { readonly [file: string]: string } };
} = {
  "claude-code": {
    user: {
      ".claude.json": `{
  "numStartups": 412,
  "tipsHistory": { "shift-enter": 3 },
  "projects": {
    "/home/ada/work": { "allowedTools": [], "mcpServers": {}, "history": [{ "display": "fix the \\"build\\"" }] }
  },
  "mcpServers": {
    "github": { "type": "http", "url": "https://example.com/mcp", "headers": { "Authorization": "Bearer x" } }
  },
  "userID": "0f"
}
`,
      ".claude/settings.json": `{
    "permissions": { "allow": ["Bash(npm test:*)"] },
    "hooks": {
        "PostToolUseFailure": [
            { "matcher": "Bash", "hooks": [{ "type": "command", "command": "notify-send failed" }] }
        ],
        "Stop": []
    }
}`,
    },
    project: {
      ".mcp.json": `{\n\t"mcpServers": {\n\t\t"db": {\n\t\t\t"command": "db-mcp",\n\t\t\t"args": []\n\t\t}\n\t}\n}\n`,
      ".claude/settings.json": `{"hooks":{"PreToolUse":[]},"model":"opus"}`,
    },
  },
  cursor: {
    user: {
      ".cursor/mcp.json": `{ "mcpServers": { "figma": { "url": "http://127.0.0.1:3845/sse" } } }\n`,
      ".cursor/hooks.json": `{\n  "version": 1,\n  "hooks": {\n    "afterFileEdit": [{ "command": "./format.sh" }],\n    "postToolUse": [\n      { "command": "./audit.sh" }\n    ]\n  }\n}\n`,
    },
    project: {
      ".cursor/mcp.json": `{\n  // the team's\n  "mcpServers": {\n    "a": {"command": "a"}, /* old */\n  },\n}`,
    },
  },
  codex: {
    user: {
      ".codex/config.toml": `# mine\nmodel = "gpt-5"\n\n[mcp_servers.docs]\ncommand = "npx" # from npm\nargs = ["-y", "docs"]\n\n[projects."/home/ada"]\ntrust_level = "trusted"\n`,
      ".codex/AGENTS.md": `# How I work\n\n- Small commits.\n`,
    },
    project: {
      ".codex/hooks.json": `{ "hooks": { "Stop": [ { "hooks": [ { "type": "command", "command": "say done" } ] } ] } }`,
    },
  },
  vscode: {
    user: {
      ".config/Code/User/mcp.json": `{\n\t"servers": {\n\t\t// GitHub\n\t\t"github": { "type": "http", "url": "https://example.com" },\n\t},\n\t"inputs": []\n}\n`,
    },
    project: {
      ".vscode/mcp.json": `{\n  "inputs": [{ "id": "key", "type": "promptString", "password": true }],\n  "servers": {}\n}\n`,
    },
  },
  windsurf: {
    user: {
      ".codeium/windsurf/mcp_config.json": `{\n  "mcpServers": {}\n}\n`,
      ".codeium/windsurf/memories/global_rules.md": "Answer in English.",
    },
  },
  "gemini-cli": {
    user: {
      ".gemini/settings.json": `{\n  "ui": { "theme": "Dracula" }, // dark\n  "security": { "auth": { "selectedType": "oauth-personal" } }\n}\n`,
    },
    project: {
      ".gemini/settings.json": `{\n "hooks": {\n  "AfterTool": [ { "matcher": "write_file", "hooks": [ { "type": "command", "command": "lint" } ] } ]\n }\n}\n`,
    },
  },
  zed: {
    user: {
      ".config/zed/settings.json": `// Zed settings\n//\n// For information on how to configure Zed, see its documentation\n{\n  "vim_mode": true,\n  "context_servers": {\n    "local": { "source": "custom", "command": "x", "args": [] },\n  },\n  "theme": { "mode": "system" },\n}\n`,
    },
    project: { ".zed/settings.json": `{ "tab_size": 2 }` },
  },
  opencode: {
    user: {
      ".config/opencode/opencode.jsonc": `{\n  "$schema": "https://opencode.ai/config.json",\n  // models\n  "model": "anthropic/claude",\n  "mcp": { "x": { "type": "remote", "url": "https://example.com" } }\n}\n`,
    },
    project: { "opencode.json": `{ "$schema": "https://opencode.ai/config.json" }\n`, "AGENTS.md": "# Rules\n" },
  },
};
