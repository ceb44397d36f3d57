/** Causes that lie in data: broken JSON, wrong encodings, missing and misplaced files. */
import { type Cause, NODE, type Setup, source } from "./cause.js";
import type { Names } from "./names.js";
import type { Site } from "./site.js";

/** A program that reads the given JSON file and prints the proof from it. */
const jsonReader = (names: Names, spoil: (json: string) => string | Uint8Array) => {
  const [tool, section, topic, folder, proof] = [
    names.tool(),
    names.thing(),
    names.thing(),
    names.folder(),
    names.hex(12),
  ];
  const settings = { [section]: { limit: names.int(10, 9_000), retries: names.int(1, 9) }, [topic]: proof };
  const json = JSON.stringify(settings, null, names.random.pick([2, 3, 4]));
  const program = source(
    `import { readFileSync } from "node:fs";`,
    ``,
    `const ${section} = JSON.parse(readFileSync(process.argv[2], "utf8"));`,
    `console.log("${topic}", ${section}.${topic});`,
  );
  return async (site: Site): Promise<Setup> => {
    const main = await site.write(`${folder}/${tool}.mjs`, program);
    const data = await site.write(`config/${section}.json`, spoil(json));
    return { command: [NODE, main, data], proof };
  };
};

const jsonBom: Cause = {
  name: "json-bom",
  symptom: /SyntaxError: Unexpected token '\ufeff'/,
  invent: (names) => jsonReader(names, (json) => `\ufeff${json}`),
};

const jsonTrailingComma: Cause = {
  name: "json-trailing-comma",
  symptom: /SyntaxError: Expected double-quoted property name in JSON/,
  invent: (names) => jsonReader(names, (json) => json.replace(/\n\}$/, ",\n}")),
};

const jsonComment: Cause = {
  name: "json-comment",
  symptom: /SyntaxError: Expected property name or '}' in JSON/,
  invent: (names) => {
    const note = `// ${names.thing()} ${names.thing()}, ${names.int(1, 28)}.${names.int(1, 12)}.`;
    return jsonReader(names, (json) => json.replace(/^\{/, `{ ${note}`));
  },
};

const latin1File: Cause = {
  name: "latin1-file",
  symptom: /ERR_ENCODING_INVALID_ENCODED_DATA/,
  invent: (names) => {
    const [tool, table, folder, proof] = [names.tool(), names.thing(), names.folder(), names.hex(12)];
    const towns = names.random
      .shuffle(["K\u00f6ln", "Malm\u00f6", "Besan\u00e7on", "A Coru\u00f1a", "Z\u00fcrich", "\u00c5lesund"])
      .slice(0, 4);
    const rows = [...towns.map((town) => `${names.int(100, 99_999)};${town};${names.thing()}`), `${proof};end;`];
    const program = source(
      `import { readFileSync } from "node:fs";`,
      `const ${table} = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(process.argv[2]));`,
      `console.log(${table}.split("\\n").at(-1));`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      const data = await site.write(`data/${table}.csv`, Buffer.from(rows.join("\n"), "latin1"));
      return { command: [NODE, main, data], proof };
    };
  },
};

const symlinkLoop: Cause = {
  name: "symlink-loop",
  symptom: /ELOOP: too many symbolic links encountered/,
  invent: (names) => {
    const [tool, folder, shelf, item, proof] = [
      names.tool(),
      names.folder(),
      names.thing(),
      names.thing(),
      names.hex(12),
    ];
    const release = `release-${names.int(2, 90)}.${names.int(0, 20)}`;
    const [front, back] = names.random.shuffle(["current", "latest", "live", "stable"]) as [string, string];
    const program = source(
      `import { readFileSync } from "node:fs";`,
      `const ${item} = readFileSync(process.argv[2], "utf8");`,
      `console.log(${item});`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      await site.write(`${shelf}/${release}/${item}.txt`, proof);
      await site.link(`${shelf}/${front}`, back);
      await site.link(`${shelf}/${back}`, front);
      return { command: [NODE, main, `${site.dir}/${shelf}/${front}/${item}.txt`], proof };
    };
  },
};

const staleLock: Cause = {
  name: "stale-lock",
  symptom: /EEXIST: file already exists, open/,
  invent: (names) => {
    const [tool, folder, item, proof] = [names.tool(), names.folder(), names.thing(), names.hex(12)];
    // Above every system's largest process id (Linux: 4,194,304), so no such process can be alive.
    const pid = names.int(5_000_000, 99_000_000);
    const program = source(
      `import { closeSync, openSync, rmSync, writeSync } from "node:fs";`,
      `const lock = process.argv[2];`,
      `const ${item} = openSync(lock, "wx");`,
      `writeSync(${item}, String(process.pid));`,
      `closeSync(${item});`,
      `console.log("${proof}");`,
      `rmSync(lock);`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      const lock = await site.write(`var/${item}.lock`, `${pid}\n`);
      return { command: [NODE, main, lock], proof };
    };
  },
};

const missingDirectory: Cause = {
  name: "missing-directory",
  symptom: /ENOENT: no such file or directory, open/,
  invent: (names) => {
    const [tool, folder, item, proof] = [names.tool(), names.folder(), names.thing(), names.hex(12)];
    const out = [
      names.random.pick(["out", "build", "target", "dist"]),
      names.thing(),
      String(names.int(2019, 2031)),
    ].join("/");
    const program = source(
      `import { readFileSync, writeFileSync } from "node:fs";`,
      `const ${item} = process.argv[2];`,
      `writeFileSync(${item}, "${proof}");`,
      `console.log(readFileSync(${item}, "utf8"));`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      return { command: [NODE, main, `${site.dir}/${out}/${item}.txt`], proof };
    };
  },
};

const wrongWorkingDirectory: Cause = {
  name: "wrong-working-directory",
  symptom: /ENOENT: no such file or directory, scandir/,
  invent: (names) => {
    const [tool, folder, shelf, item, proof] = [
      names.tool(),
      names.folder(),
      names.thing(),
      names.thing(),
      names.hex(12),
    ];
    const elsewhere = names.random.pick(["logs", "docs", "deploy", "notes", "spool"]);
    const program = source(
      `import { readdirSync } from "node:fs";`,
      `const ${item} = readdirSync("${shelf}");`,
      `console.log(${item}.join());`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      await site.write(
        "package.json",
        JSON.stringify({ name: tool, version: `${names.int(0, 9)}.1.0`, private: true }),
      );
      await site.write(`${shelf}/${proof}.sql`, "select 1;\n");
      return { command: [NODE, main], cwd: await site.folder(elsewhere), proof };
    };
  },
};

const nameTooLong: Cause = {
  name: "name-too-long",
  symptom: /ENAMETOOLONG: name too long, open/,
  invent: (names) => {
    const [tool, folder, item, proof] = [names.tool(), names.folder(), names.thing(), names.hex(12)];
    // 255 bytes is the bound of a file name on every common file system.
    let title = names.thing();
    while (title.length < 300) title += `-${names.thing()}`;
    const program = source(
      `import { readFileSync, writeFileSync } from "node:fs";`,
      `const ${item} = process.argv[2];`,
      `writeFileSync(${item}, "${proof}");`,
      `console.log(readFileSync(${item}, "utf8"));`,
    );
    return async (site) => {
      const main = await site.write(`${folder}/${tool}.mjs`, program);
      return { command: [NODE, main, `${site.dir}/${title}.txt`], proof };
    };
  },
};

export const dataCauses: readonly Cause[] = [
  jsonBom,
  jsonTrailingComma,
  jsonComment,
  latin1File,
  symlinkLoop,
  staleLock,
  missingDirectory,
  wrongWorkingDirectory,
  nameTooLong,
];
