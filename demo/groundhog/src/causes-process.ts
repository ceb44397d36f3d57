/** Causes that lie in how a program is started, in its limits, or in what its runtime makes of it. */
import { type Cause, NODE, source } from "./cause.js";

const esmInCommonJs: Cause = {
  name: "esm-in-commonjs",
  symptom: /SyntaxError: Cannot use import statement outside a module/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    const program = source(
      `import { join } from "node:path";`,
      `const ${item} = join("a", "${proof}");`,
      `console.log(${item});`,
    );
    return async (site) => {
      // Said outright: without "type" Node would look at the syntax and run it.
      await site.write("package.json", JSON.stringify({ name: tool, type: "commonjs" }));
      return { command: [NODE, await site.write(`${folder}/${item}.js`, program)], proof };
    };
  },
};

const commonJsInEsm: Cause = {
  name: "commonjs-in-esm",
  symptom: /ReferenceError: require is not defined in ES module scope/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    const program = source(`const ${item} = require("node:path");`, `console.log(${item}.join("a", "${proof}"));`);
    return async (site) => {
      await site.write("package.json", JSON.stringify({ name: tool, type: "module" }));
      return { command: [NODE, await site.write(`${folder}/${item}.js`, program)], proof };
    };
  },
};

const notExecutable: Cause = {
  name: "not-executable",
  symptom: /Permission denied/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    return async (site) => {
      await site.write(`${folder}/${item}.sh`, source("#!/bin/sh", `echo ${proof}`));
      const main = await site.write(`${tool}.sh`, source("#!/bin/sh", `./${folder}/${item}.sh`), 0o755);
      return { command: ["sh", main], proof };
    };
  },
};

const carriageReturns: Cause = {
  name: "carriage-returns",
  symptom: /env: .*sh\\?r?.*: No such file or directory/,
  invent: (names) => {
    const [tool, item, topic, folder, proof] = [
      names.tool(),
      names.thing(),
      names.thing(),
      names.folder(),
      names.hex(12),
    ];
    const script = ["#!/usr/bin/env sh", `${item}=${proof}`, `echo "$${item}"`, ""].join("\r\n");
    return async (site) => {
      await site.write(`${folder}/${item}.sh`, script, 0o755);
      const main = await site.write(
        `${tool}.sh`,
        source("#!/bin/sh", `echo "${tool}: ${topic}"`, `exec ./${folder}/${item}.sh`),
        0o755,
      );
      return { command: ["sh", main], proof };
    };
  },
};

const spaceInPath: Cause = {
  name: "space-in-path",
  symptom: /cat: .*: No such file or directory\n.*cat: .*: No such file or directory/,
  invent: (names) => {
    const [tool, item, proof] = [names.tool(), names.thing(), names.hex(12)];
    const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
    const shelf = `${capital(names.thing())} ${capital(names.thing())}`;
    return async (site) => {
      const data = await site.write(`${shelf}/${item}.txt`, source(proof));
      const main = await site.write(`${tool}.sh`, source("#!/bin/sh", "set -e", "cat $1"), 0o755);
      return { command: ["sh", main, data], proof };
    };
  },
};

const heapLimit: Cause = {
  name: "heap-limit",
  symptom: /FATAL ERROR: .*JavaScript heap out of memory/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    const megabytes = names.int(12, 18);
    const rows = names.int(500_000, 600_000);
    const program = source(
      `const ${item} = [];`,
      // About 100 bytes each: 50 to 60 MB in all.
      `for (let i = 0; i < ${rows}; i++) ${item}.push([i, i + 0.5, {}]);`,
      `console.log(${item}.length === ${rows} ? "${proof}" : "");`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      return { command: [NODE, main], env: { NODE_OPTIONS: `--max-old-space-size=${megabytes}` }, proof };
    };
  },
};

const smallBuffer: Cause = {
  name: "small-buffer",
  symptom: /spawnSync cat ENOBUFS/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    const bytes = names.int(2, 40) * 1024;
    const program = source(
      `import { execFileSync } from "node:child_process";`,
      `const options = { maxBuffer: Number(process.env.MAX_OUTPUT_BYTES), encoding: "utf8" };`,
      `const ${item} = execFileSync("cat", [process.argv[2]], options);`,
      `console.log(${item}.slice(-12));`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      const data = await site.write(`data/${item}.log`, `${`${item} `.repeat(bytes / 4)}${proof}`);
      return { command: [NODE, main, data], env: { MAX_OUTPUT_BYTES: String(bytes) }, proof };
    };
  },
};

const wrongTimeZone: Cause = {
  name: "wrong-time-zone",
  symptom: /AssertionError/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    const zone = names.random.pick([
      "America/New_York",
      "America/Los_Angeles",
      "America/Bogota",
      "Pacific/Honolulu",
      "America/Denver",
    ]);
    // Before 4 in the morning UTC: in each of these zones still the day before, in summer and winter.
    const day = `20${names.int(20, 39)}-0${names.int(1, 9)}-${names.int(10, 28)}`;
    const at = `${day}T0${names.int(0, 3)}:${names.int(10, 59)}:00Z`;
    const program = source(
      `import { strictEqual } from "node:assert";`,
      `const ${item} = new Date("${at}");`,
      `const two = (n) => String(n).padStart(2, "0");`,
      `const day = \`\${${item}.getFullYear()}-\${two(${item}.getMonth() + 1)}-\${two(${item}.getDate())}\`;`,
      `strictEqual(day, "${day}");`,
      `console.log("${proof}");`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      return { command: [NODE, main], env: { TZ: zone }, proof };
    };
  },
};

const circularJson: Cause = {
  name: "circular-json",
  symptom: /TypeError: Converting circular structure to JSON/,
  invent: (names) => {
    const [tool, item, part, folder, proof] = [
      names.tool(),
      names.thing(),
      names.thing(),
      names.folder(),
      names.hex(12),
    ];
    const program = source(
      `const ${item} = { id: ${names.int(1, 99_999)}, note: "${proof}", ${part}: {} };`,
      `${item}.${part}.owner = ${item};`,
      `console.log(JSON.stringify(${item}));`,
    );
    return async (site) => ({ command: [NODE, await site.write(`${folder}/${tool}.mjs`, program)], proof });
  },
};

const missingVariable: Cause = {
  name: "missing-variable",
  symptom: /ERR_INVALID_URL[\s\S]*input: 'undefined'/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    const variable = `${names.thing()}_URL`.toUpperCase();
    const program = source(`const ${item} = new URL(process.env.${variable});`, `console.log(${item}.pathname);`);
    return async (site) => {
      await site.write(".env", source(`LOG_LEVEL=info`, `${variable}=redis://${names.host()}:6379/${proof}`));
      return { command: [NODE, await site.write(`${folder}/${tool}.mjs`, program)], proof };
    };
  },
};

const openFiles: Cause = {
  name: "open-files",
  symptom: /EMFILE: too many open files/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    const wanted = names.int(150, 240);
    // Node itself holds about 25; below that it could not even start.
    const allowed = names.int(50, 90);
    const program = source(
      `import { openSync } from "node:fs";`,
      `const ${item} = [];`,
      `while (${item}.length < ${wanted}) ${item}.push(openSync(process.argv[1], "r"));`,
      `console.log("${proof}");`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      const script = await site.write(`${tool}.sh`, source("#!/bin/sh", `ulimit -n ${allowed}`, `exec node ${main}`));
      return { command: ["sh", script], proof };
    };
  },
};

const deepRecursion: Cause = {
  name: "deep-recursion",
  symptom: /RangeError: Maximum call stack size exceeded/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    // The default stack of 984 KB ends near 11,000 such calls.
    const depth = names.int(18_000, 22_000);
    const program = source(
      `let ${item} = null;`,
      `for (let i = 0; i < ${depth}; i++) ${item} = { next: ${item} };`,
      `const ${item}Depth = (node) => (node === null ? 0 : 1 + ${item}Depth(node.next));`,
      `console.log(${item}Depth(${item}) === ${depth} ? "${proof}" : "");`,
    );
    return async (site) => ({ command: [NODE, await site.write(`${folder}/${tool}.mjs`, program)], proof });
  },
};

const longArgument: Cause = {
  name: "long-argument",
  symptom: /spawnSync sh E2BIG/,
  invent: (names) => {
    const [tool, item, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    // Over 1 MB in one argument: more than Linux (128 KB each) and macOS (1 MB in all) take.
    const count = names.int(11_000, 13_000);
    const program = source(
      `import { execFileSync } from "node:child_process";`,
      `const ${item} = Array.from({ length: ${count} }, (_, i) => "${item}-".padEnd(100, "0") + i);`,
      `const batchSize = Number(process.env.BATCH_SIZE ?? ${item}.length);`,
      `for (let i = 0; i < ${item}.length; i += batchSize)`,
      `  execFileSync("sh", ["-c", ": $1", "sh", ${item}.slice(i, i + batchSize).join()]);`,
      `console.log("${proof}");`,
    );
    return async (site) => ({ command: [NODE, await site.write(`${folder}/${tool}.mjs`, program)], proof });
  },
};

export const processCauses: readonly Cause[] = [
  esmInCommonJs,
  commonJsInEsm,
  notExecutable,
  carriageReturns,
  spaceInPath,
  heapLimit,
  smallBuffer,
  wrongTimeZone,
  circularJson,
  missingVariable,
  openFiles,
  deepRecursion,
  longArgument,
];
