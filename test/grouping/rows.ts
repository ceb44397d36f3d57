/** Reads lines with their labels from CSV (RFC 4180), a row at a time: the file is as large as it likes, and nobody vouches for it. */
import { createReadStream } from "node:fs";
import { parse } from "csv-parse";

export interface Row {
  readonly content: string;
  readonly label: string;
}

/** Characters of one row: a quote that is never closed would otherwise read the whole file into one field. */
const MAX_ROW_CHARS = 1024 * 1024;

/** Which column has this name, in any case. Throws when it is not exactly one. */
const columnOf = (header: readonly string[], name: string): number => {
  const found = header.flatMap((column, i) => (column.trim().toLowerCase() === name ? [i] : []));
  if (found.length === 1) return found[0] as number;
  const named = header.map((column) => JSON.stringify(column.slice(0, 40))).join(", ");
  throw new Error(found.length === 0 ? `no column "${name}"; there are ${named}` : `more than one column "${name}"`);
};

/** Rows of a file that has columns `content` and `label`, in its order. Throws an error that says what is wrong, and in which row. */
export async function* readRows(file: string): AsyncGenerator<Row> {
  // Arrays, not objects: a column may be called __proto__.
  const records = parse({
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_CHARS,
  });
  const input = createReadStream(file);
  // pipe() does not hand errors on.
  input.once("error", (error) => records.destroy(error));
  input.pipe(records);
  let columns: { readonly content: number; readonly label: number; readonly count: number } | undefined;
  let row = 0;
  try {
    for await (const record of records as AsyncIterable<readonly string[]>) {
      if (columns === undefined) {
        columns = { content: columnOf(record, "content"), label: columnOf(record, "label"), count: record.length };
        continue;
      }
      row += 1;
      if (record.length !== columns.count) throw new Error(`it has ${record.length} fields, not ${columns.count}`);
      const label = (record[columns.label] as string).trim();
      if (label === "") throw new Error("its label is empty");
      yield { content: record[columns.content] as string, label };
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (columns === undefined) throw new Error(said);
    // What the parser itself refuses is the row after the last one it gave.
    const isParser = typeof (error as { readonly code?: unknown }).code === "string";
    throw new Error(`row ${isParser ? row + 1 : row}: ${said}`);
  } finally {
    input.destroy();
  }
  if (row === 0) throw new Error(columns === undefined ? "it is empty" : "there is no row below the header");
}
