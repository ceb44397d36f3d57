/** What agents share today, beside Herdmind, in the README: figures of this bench, and what each project says of itself. */
import type { Figure } from "./figures.ts";

const projects = [
  ["Herdmind", "herdmind"],
  ["a JSON file, replaced by a rename", "file"],
  ["[MCP memory server](https://github.com/modelcontextprotocol/servers/tree/main/src/memory)", "memory-server"],
  ["a Y.Map on [y-websocket](https://github.com/yjs/y-websocket)", "yjs"],
] as const;

export const readmeComparison = (figures: readonly Figure[]): string => {
  const found = (name: string): number => {
    const one = figures.find((figure) => figure.name === name);
    if (one === undefined) throw new Error(`there is no figure ${name}: npm run bench -- --only compare --write`);
    return one.value;
  };
  const percent = (name: string): string => `${found(name).toLocaleString("en-US", { maximumFractionDigits: 1 })} %`;
  const lines = [
    [
      "acknowledged writes of 8 processes at once that are kept",
      ...projects.map(([, name]) => percent(`compare-kept-${name}`)),
    ],
    [
      "lessons of others that one process could change for everybody",
      `${found("attacks")} in ${found("attacks-of").toLocaleString("en-US")} attacks`,
      ...projects.slice(1).map(([, name]) => percent(`compare-changed-${name}`)),
    ],
    [
      `repeats that 12 agents avoided, each with its own memory: ${percent("agents-own")}`,
      percent("agents-avoided"),
      ...projects.slice(1).map(() => "not what it is for"),
    ],
    ["goes on without its server, and converges", "yes", "no", "no", "yes"],
    ["says how sure it is, and why", "yes, from outcomes of independent writers", "no", "no", "no"],
  ];
  return [
    `| | ${projects.map(([title]) => title).join(" | ")} |`,
    `|---|${projects.map(() => "---").join("|")}|`,
    ...lines.map((line) => `| ${line.join(" | ")} |`),
  ].join("\n");
};
