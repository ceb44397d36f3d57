/** `npm run grouping`: how well lines are grouped by what they say, against the labels that people gave them. `--help`. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createTemplates, fingerprint } from "@herdmind/experience";
import { groupingOf } from "./accuracy.ts";
import { readRows } from "./rows.ts";

const HELP = `Grouping: how well fingerprints put together what people put together.

  npm run grouping -- --input FILE.csv [--json OUT]

  --input FILE   lines with a label each: CSV with a header; columns content and label, in any case and place
  --json OUT     write the figures to OUT: { lines, labels, groups, accuracy, fingerprint, merged }
  --help         this text

Accuracy is the share of lines whose group is exactly the set of lines with their label. It is told for the fingerprint
alone, and for the second stage, which also learns from all lines together which words are values (merged).
"groups" and "accuracy" at the top are those of the second stage.

Exit code: 0 done, 1 something failed, 2 bad arguments or input.
`;

/** Lines between two words of progress. */
const PROGRESS = 10_000;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const readArguments = (): { readonly input: string; readonly json: string | undefined } | undefined => {
  const { values } = parseArgs({
    options: { input: { type: "string" }, json: { type: "string" }, help: { type: "boolean", default: false } },
  });
  if (values.help) return undefined;
  if (values.input === undefined) throw new Error("--input FILE.csv is missing");
  return { input: values.input, json: values.json };
};

/** The label of each line, its fingerprint, and the text that the second stage learns from. */
const readLines = async (file: string) => {
  const labels: string[] = [];
  const fingerprints: string[] = [];
  const texts: string[] = [];
  for await (const { content, label } of readRows(file)) {
    const known = fingerprint({ text: content });
    labels.push(label);
    fingerprints.push(known.fingerprint);
    texts.push(known.causes.join(" "));
    if (labels.length % PROGRESS === 0) say(`${labels.length} lines`);
  }
  return { labels, fingerprints, texts };
};

const measure = async (input: string) => {
  const { labels, fingerprints, texts } = await readLines(input);
  const templates = createTemplates();
  let left = 0;
  for (const text of texts) if (!templates.add(text)) left += 1;
  if (left > 0) say(`${left} lines came when the second stage was full; it learnt nothing from them`);
  const merged = groupingOf(
    labels,
    texts.map((text) => templates.templateOf(text)),
  );
  return {
    lines: labels.length,
    labels: new Set(labels).size,
    ...merged,
    fingerprint: groupingOf(labels, fingerprints),
    merged,
  };
};

const main = async (): Promise<void> => {
  let options: ReturnType<typeof readArguments>;
  let result: Awaited<ReturnType<typeof measure>>;
  try {
    options = readArguments();
    if (options === undefined) {
      process.stdout.write(HELP);
      return;
    }
    result = await measure(options.input).catch((error: unknown) => {
      throw new Error(`${options?.input}: ${error instanceof Error ? error.message : String(error)}`);
    });
  } catch (error) {
    say(`grouping: ${error instanceof Error ? error.message : String(error)}\nnpm run grouping -- --help`);
    process.exitCode = 2;
    return;
  }
  const row = (name: string, { groups, accuracy }: { readonly groups: number; readonly accuracy: number }): string =>
    `${name.padEnd(12)} ${String(groups).padStart(7)} groups   accuracy ${percent(accuracy)}\n`;
  process.stdout.write(
    `${result.lines} lines, ${result.labels} labels\n${row("fingerprint", result.fingerprint)}${row("merged", result.merged)}`,
  );
  if (options.json === undefined) return;
  try {
    writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  } catch (error) {
    say(`grouping: cannot write ${options.json}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
};

await main();
