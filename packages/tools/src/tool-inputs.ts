/** What the tools take: the words in the schemas are all that a model knows about them. */
import { type EntryId, isEntryId, type JsonObject } from "@herdmind/protocol";
import * as z from "zod";

const facts = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .optional()
  .describe("Facts that define the problem and that its text may not say, such as a package and its new version.");
const problem = {
  error: z
    .string()
    .min(1)
    .describe("The error's message, or the failing tool's whole output: the causal lines are found by themselves."),
  name: z.string().optional().describe("The error's type, such as TypeError."),
  code: z.string().optional().describe("The error's code, such as EADDRINUSE."),
  facts,
};
const entry = z.string().describe("The id of an entry, as recall shows it: herdmind:ID, or the 43 characters alone.");

export const inputs = {
  recall: z.object({
    ...problem,
    limit: z.number().int().min(1).max(20).optional().describe("Entries at most; default 5."),
    exclude: z.array(entry).optional().describe("Entries that you tried already: the next best are offered."),
  }),
  prepare: z.object({
    task: z.string().min(1).describe("What you are about to do, in a sentence or two."),
    domain: z.string().optional().describe("The domain, such as payments or build tooling."),
    apis: z.array(z.string()).optional().describe("Interfaces and libraries that you will use."),
    tools: z.array(z.string()).optional().describe("Tools that you will use, such as vite or docker."),
    budgetTokens: z.number().int().min(100).max(8000).optional().describe("Tokens of the answer; default 1200."),
  }),
  report: z.object({
    ...problem,
    remedy: z.string().min(1).describe("What to do, in one or two sentences or as a command."),
    cause: z.string().optional().describe("Why it happened, if you found out."),
    type: z
      .enum(["ERROR_RESOLVED", "WORKAROUND_FOUND", "VALIDATION_PASSED", "VALIDATION_FAILED"])
      .optional()
      .describe("Default: ERROR_RESOLVED."),
    api: z.string().optional().describe("WORKAROUND_FOUND: the interface that misbehaves."),
    purpose: z.string().optional().describe("WORKAROUND_FOUND: what one wants of it."),
    domain: z.string().optional().describe("VALIDATION_*: the domain."),
    approach: z.string().optional().describe("VALIDATION_*: the approach that passed or failed."),
    tags: z.array(z.string()).optional().describe("Words by which others filter."),
  }),
  outcome: z.object({
    entry,
    worked: z.boolean().describe("Whether the problem was gone afterwards."),
    note: z.string().optional().describe("What happened, in a sentence."),
  }),
  claim: z.object({
    ...problem,
    waitSeconds: z
      .number()
      .min(0)
      .max(60)
      .optional()
      .describe("How long to wait for somebody else's search; default 0."),
    release: z.boolean().optional().describe("Gives the claim back: you stopped searching."),
  }),
  status: z.object({}),
} as const;

/** An id as a model gives it: with the words that a rendering puts before it, or without. */
export const idOf = (text: string): EntryId | undefined => {
  const id = text.trim().replace(/^herdmind:(?:\/\/entry\/)?/, "");
  return isEntryId(id) ? id : undefined;
};

/** The problem that a failing tool's text shows. A long text is its output: the first line alone would be taken for the message. */
export const problemOfText = (error: string): { readonly error: string } | { readonly text: string } =>
  error.includes("\n") ? { text: error } : { error };

export interface GivenError {
  readonly error: string;
  readonly name?: string | undefined;
  readonly code?: string | undefined;
}

export const problemOfError = ({ error, name, code }: GivenError): JsonObject =>
  name === undefined && code === undefined
    ? problemOfText(error)
    : { error: { message: error, ...(name === undefined ? {} : { name }), ...(code === undefined ? {} : { code }) } };

/** Without what was not given. */
export const given = (values: { readonly [name: string]: unknown }): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as JsonObject;
