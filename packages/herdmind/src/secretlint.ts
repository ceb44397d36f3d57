/**
 * Secrets as secretlint's recommended preset knows them (`@secretlint/secretlint-rule-preset-recommend` 13.0.7). Loaded on demand by
 * `redact.ts`: it weighs more than the rest of it.
 *
 * The rules are asked directly. secretlint's core would add profiles, files on disk and promises around each rule, 250 us a text instead of
 * 60, and an orchestrator looks again at each proposal without waiting.
 */
import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import type { Found } from "./secret-rules.js";

type Rule = (typeof rules)[number];
type Context = Parameters<Rule["create"]>[0];
type Source = Parameters<NonNullable<ReturnType<Rule["create"]>["file"]>>[0];

/**
 * Left out: comments that switch the rules off, which any member could write; and two rules that replace a whole address where `url-password`
 * replaces its password, so that what could not be reached is still known.
 */
const LEFT_OUT = new Set(["filter-comments", "database-connection-string", "basicauth"]);
const PREFIX = "@secretlint/secretlint-rule-";

let found: Found[] = [];

const handlers = rules.flatMap((rule) => {
  const kind = rule.meta.id.replace(PREFIX, "");
  if (LEFT_OUT.has(kind)) return [];
  const context: Context = {
    sharedOptions: {},
    createTranslator: () => () => ({ message: "", messageId: "", data: {} }) as never,
    report: ({ range: [start, end] }: { readonly range: readonly [start: number, end: number] }) =>
      void found.push({ start, end, kind }),
    ignore: () => undefined,
  };
  return [rule.create(context, {})];
});

/** Where secrets stand in a text: UTF-16 offsets, and the service whose they are. */
export const lint = (text: string): readonly Found[] => {
  found = [];
  const source = { filePath: "/record.txt", content: text, contentType: "text", ext: ".txt" } as Source;
  // Rules for texts answer before they return; a promise would be one for a file that is not text, and there is none.
  for (const { file } of handlers) void file?.(source);
  return found;
};
