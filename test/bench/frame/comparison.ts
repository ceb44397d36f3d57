/**
 * What agents share today, beside Herdmind, in the README: figures of this bench, and links to where the rest can be checked. The others are
 * memories, so Herdmind's memory has a column beside its experience: it does the same work as they.
 */
import type { Figure } from "./figures.ts";

const MEMORY = "packages/herdmind/README.md#memory";
const FILE = "test/bench/processes/compare-process.ts";
const SERVER = "https://github.com/modelcontextprotocol/servers/tree/main/src/memory";
const YJS = "https://github.com/yjs/yjs";

const columns = [
  "Herdmind: experience",
  `Herdmind: its [memory](${MEMORY}) (E11)`,
  `[a JSON file](${FILE}), replaced by a rename`,
  `[MCP memory server](${SERVER})`,
  "a Y.Map on [y-websocket](https://github.com/yjs/y-websocket)",
];
/** Of the columns behind the first one, in the names of figures. */
const memories = ["memory", "file", "memory-server", "yjs"];

export const readmeComparison = (figures: readonly Figure[]): string => {
  const found = (name: string): number => {
    const one = figures.find((figure) => figure.name === name);
    if (one === undefined) throw new Error(`there is no figure ${name}: npm run bench -- --only compare --write`);
    return one.value;
  };
  const shown = (name: string): string => found(name).toLocaleString("en-US", { maximumFractionDigits: 1 });
  const percent = (name: string): string => `${shown(name)} %`;
  const lines = [
    [
      "acknowledged writes of 8 processes at once that are kept",
      percent("compare-kept-herdmind"),
      ...memories.map((name) => percent(`compare-kept-${name}`)),
    ],
    [
      "lessons of others that one process could change for everybody",
      `${shown("attacks")} in ${shown("attacks-of")} attacks`,
      ...memories.map((name) => percent(`compare-changed-${name}`)),
    ],
    [
      `repeats that 12 agents avoided, each with its own memory: ${percent("agents-own")}`,
      percent("agents-avoided"),
      ...memories.map(() => "not measured"),
    ],
    [
      "goes on without its server, and converges",
      `${found("gaps-lost") === 0 ? "yes" : "no"}: ${shown("gaps-lost")} of ${shown("gaps-lost-of")} acknowledged records lost by agents cut off up to 80 % of the time`,
      `[yes](${MEMORY})`,
      `has none: [one file](${FILE}) of one machine`,
      `has none: [one file](${SERVER}#usage-with-claude-desktop) of one machine`,
      `[yes](${YJS}#example-using-and-combining-providers)`,
    ],
    [
      "says how sure it is, and why",
      "[yes, from outcomes of independent writers](packages/protocol/PROTOCOL.md#6-records)",
      `[no: values and texts](${MEMORY})`,
      `[no: texts by name](${FILE})`,
      `[no: texts of entities](${SERVER}#observations)`,
      `[no: values by name](${YJS}#shared-types)`,
    ],
  ];
  return [
    `| | ${columns.join(" | ")} |`,
    `|---|${columns.map(() => "---").join("|")}|`,
    ...lines.map((line) => `| ${line.join(" | ")} |`),
  ].join("\n");
};
