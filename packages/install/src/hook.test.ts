import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askedBy, hookAnswer, isHooked } from "./hook.js";

const ERROR = "Error: listen EADDRINUSE: address already in use :::3000";
const OUTPUT = `> test\n${ERROR}\n    at Server.listen (net.js:1:2)`;

/** What each assistant says of a command that failed, as its documentation shows it. */
const failures = [
  [
    "claude-code",
    {
      hook_event_name: "PostToolUseFailure",
      tool_name: "Bash",
      tool_input: { command: "npm test" },
      error: `Exit code 1\n${OUTPUT}`,
      is_interrupt: false,
    },
    "PostToolUseFailure",
    "auto",
  ],
  [
    "cursor",
    {
      hook_event_name: "postToolUse",
      tool_name: "Shell",
      tool_output: JSON.stringify({ exitCode: 1, stdout: OUTPUT }),
      workspace_roots: ["/w"],
    },
    "postToolUse",
    "auto",
  ],
  ["codex", { hook_event_name: "PostToolUse", tool_name: "Bash", tool_response: OUTPUT }, "PostToolUse", "never"],
  [
    "codex",
    { hook_event_name: "PostToolUse", tool_name: "Bash", tool_response: `Exit code: 1\n${OUTPUT}` },
    "PostToolUse",
    "auto",
  ],
  [
    "codex",
    {
      hook_event_name: "PostToolUse",
      tool_name: "Bash",
      tool_response: { output: OUTPUT, metadata: { exit_code: 1 }, exit_code: 1 },
    },
    "PostToolUse",
    "auto",
  ],
  [
    "gemini-cli",
    {
      hook_event_name: "AfterTool",
      tool_name: "run_shell_command",
      tool_response: {
        llmContent: `<untrusted_context>\nOutput: ${OUTPUT}\nExit Code: 1\nProcess Group PGID: 7\n</untrusted_context>`,
        returnDisplay: OUTPUT,
      },
    },
    "AfterTool",
    "auto",
  ],
  [
    "gemini-cli",
    {
      hook_event_name: "AfterTool",
      tool_response: { llmContent: [{ text: OUTPUT }], error: { message: ERROR, type: "x" } },
    },
    "AfterTool",
    "auto",
  ],
  [
    "vscode",
    { hookEventName: "PostToolUse", tool_name: "run_in_terminal", tool_response: OUTPUT },
    "PostToolUse",
    "never",
  ],
] as const;

test.each(failures)(
  "%s: %j is asked about, exactly where nobody says that it failed",
  (assistant, input, event, similar) => {
    const asked = askedBy(assistant, input);
    expect(asked).toMatchObject({ event, query: { similar, render: true } });
    expect(asked?.query.text).toContain(ERROR);
    expect(asked?.query.text).not.toMatch(/^Exit code 1|untrusted_context/);
  },
);

test("one line is an error's message, not a tool's output", () => {
  const asked = askedBy("claude-code", { hook_event_name: "PostToolUseFailure", error: ERROR });
  expect(asked?.query).toMatchObject({ error: ERROR });
});

test("a prompt is asked about, and only what is known of it exactly is worth a word", () => {
  const input = { hook_event_name: "UserPromptSubmit", prompt: `Please fix this:\n${OUTPUT}` };
  expect(askedBy("claude-code", input)?.query).toMatchObject({ text: input.prompt, similar: "never" });
  expect(askedBy("claude-code", { ...input, prompt: "go on" })).toBeUndefined();
});

describe("nothing is asked", () => {
  const deep = Array.from({ length: 100 }).reduce<unknown>((inner) => ({ output: inner }), OUTPUT);
  test.each([
    ["claude-code", { hook_event_name: "PostToolUseFailure", error: OUTPUT, is_interrupt: true }],
    ["claude-code", { hook_event_name: "PostToolUseFailure" }],
    ["claude-code", { hook_event_name: "SessionStart" }],
    ["cursor", { hook_event_name: "postToolUse", tool_output: JSON.stringify({ exitCode: 0, stdout: OUTPUT }) }],
    ["codex", { hook_event_name: "PostToolUse", tool_response: "Process exited with code 0\nfine" }],
    ["gemini-cli", { hook_event_name: "AfterTool", tool_response: { llmContent: "" } }],
    ["vscode", { hookEventName: "PostToolUse", tool_name: "editFiles", tool_response: OUTPUT }],
    ["codex", { hook_event_name: "PostToolUse", tool_response: deep }],
    ["codex", null],
    ["codex", [1]],
    ["codex", "text"],
    ["cursor", { tool_output: "{" }],
  ] as const)("%s %j", (assistant, input) => {
    const asked = askedBy(assistant, input);
    // Half a JSON document is a text like any other.
    if (asked !== undefined) expect(asked.query).toEqual(expect.objectContaining({ error: "{", similar: "never" }));
  });
});

test("whatever an assistant says, nothing breaks, and nothing takes long", () => {
  const value = fc.anything({ maxDepth: 5 });
  const shaped = fc.record({
    hook_event_name: value,
    error: value,
    tool_response: value,
    tool_output: value,
    prompt: value,
  });
  fc.assert(
    fc.property(fc.oneof(value, shaped, fc.record({ tool_response: shaped })), (input) => {
      for (const assistant of ["claude-code", "cursor", "codex", "vscode", "gemini-cli"] as const) {
        const asked = askedBy(assistant, input);
        if (asked !== undefined) expect(String(asked.query.text ?? asked.query.error).trim()).not.toBe("");
      }
    }),
  );
  // What is no text is not made one: an object may say how, and then it is nobody's to call.
  for (const name of ["hook_event_name", "tool_name"])
    for (const assistant of ["codex", "vscode"] as const)
      expect(askedBy(assistant, { [name]: { toString: 1 }, tool_response: "" })).toBeUndefined();
  // A pattern that tries every beginning of these would not end today.
  for (const text of ["\n", " ", "exit ", "Exit code: ", "{", "/*"])
    askedBy("codex", { hook_event_name: "PostToolUse", tool_response: text.repeat(1_000_000) });
});

test("a long output is asked about by its end", () => {
  const asked = askedBy("codex", { hook_event_name: "PostToolUse", tool_response: "x\n".repeat(1_000_000) + OUTPUT });
  expect(String(asked?.query.text).length).toBeLessThanOrEqual(64 * 1024);
  expect(asked?.query.text).toContain(ERROR);
});

test("each assistant reads its own words", () => {
  expect(JSON.parse(hookAnswer("cursor", "postToolUse", "claims"))).toEqual({
    additional_context: expect.stringMatching(/^claims\n.*outcome/),
  });
  for (const assistant of ["claude-code", "codex", "vscode", "gemini-cli"] as const)
    expect(JSON.parse(hookAnswer(assistant, "Event", "claims"))).toEqual({
      hookSpecificOutput: { hookEventName: "Event", additionalContext: expect.stringMatching(/^claims\n/) },
    });
  expect([isHooked("zed"), isHooked("constructor"), isHooked("codex")]).toEqual([false, false, true]);
});
