/** Live progress: one line per agent, rewritten in place on a terminal; elsewhere one line for every tenth task. */
import type { FromAgent } from "./messages.js";

export interface Progress {
  take(agent: string, message: FromAgent): void;
  end(): void;
}

interface Line {
  done: number;
  recalled: number;
  now: string;
}

/** Lines are drawn at most this often: more is not read, and costs what is being measured. */
const DRAW_EVERY_MS = 100;

export const createProgress = (out: NodeJS.WriteStream, agents: readonly string[], tasksPerAgent: number): Progress => {
  const lines = new Map<string, Line>(agents.map((agent) => [agent, { done: 0, recalled: 0, now: "starting" }]));
  const total = agents.length * tasksPerAgent;
  const width = Math.max(...agents.map((agent) => agent.length));
  let drawn = false;
  let drawnAt = 0;
  let done = 0;

  const draw = (): void => {
    if (drawn) out.write(`\u001b[${lines.size}A`);
    drawn = true;
    drawnAt = performance.now();
    for (const [agent, line] of lines) {
      const filled = Math.round((line.done / tasksPerAgent) * 20);
      const bar = "#".repeat(filled) + ".".repeat(20 - filled);
      const text = `  ${agent.padEnd(width)} [${bar}] ${String(line.done).padStart(3)}/${tasksPerAgent}  ${line.now}`;
      out.write(`\u001b[2K${text.slice(0, (out.columns ?? 100) - 1)}\n`);
    }
  };

  return {
    take: (agent, message) => {
      const line = lines.get(agent);
      if (line === undefined) return;
      if (message.type === "begin") line.now = `task ${message.task}: runs the program`;
      if (message.type === "wait") line.now = `task ${message.task}: waits, another agent is solving it`;
      if (message.type === "try")
        line.now = `task ${message.task}: ${message.from === "recall" ? "recalled" : "tries"} ${message.remedy}`;
      if (message.type === "finished") line.now = "done";
      if (message.type === "task") {
        line.done += 1;
        if (message.by === "recalled") line.recalled += 1;
        done += 1;
        if (!out.isTTY && (done % 10 === 0 || done === total)) out.write(`  ${done}/${total} tasks solved\n`);
      }
      if (out.isTTY && performance.now() - drawnAt >= DRAW_EVERY_MS) draw();
    },
    end: () => {
      if (out.isTTY) draw();
    },
  };
};
