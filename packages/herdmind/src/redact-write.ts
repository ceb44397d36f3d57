/** Secrets in a write to the memory (E2). */
import { type JsonObject, type MemoryOp, type MemoryWrite, type Result, refuse } from "@herdmind/protocol";
import { type Redaction, redact } from "./redact.js";

/**
 * What a write says, without its own words: one of them is "key", which tells of secrets, and each text would be read by all rules. A key
 * stands as `name`, so that a value under the name of a secret is one.
 */
export const contentOf = ({ space, ops }: Pick<MemoryWrite, "space" | "ops">): JsonObject => ({
  space,
  ops: (ops as readonly JsonObject[]).map(({ op: _, ifAbsent: __, key, ...said }) => ({ name: key ?? "", ...said })),
});

/** A key as it would be kept: what looks for one must look as a write did. */
export const redactKey = async (key: string): Promise<string> => (await redact({ name: key })).value.name;

/**
 * Refused with E2 where an item would be made under a key that is not its own: two that differ in what is removed would be one, and
 * the second's value lost. The name in a path to a home directory is no such difference; what takes away means what is there.
 */
export const redactWrite = async (
  write: MemoryWrite,
): Promise<Result<{ readonly write: MemoryWrite; readonly redactions: readonly Redaction[] }>> => {
  const { value, redactions } = await redact(contentOf(write));
  if (value.space !== write.space)
    return refuse("E2", "none", "The name of the space holds a secret, or names a person. Choose another one.");
  if (redactions.length === 0) return { ok: true, value: { write, redactions } };
  const ops = (value.ops as readonly JsonObject[]).map(
    ({ name, ...rest }, i) => ({ ...write.ops[i], key: name, ...rest }) as MemoryOp,
  );
  const named = redactions.map(({ path, kind }) => ({ path: path.replace(/^(ops\[\d+\])\.name$/, "$1.key"), kind }));
  const merged = named.find(({ path, kind }) => {
    const [, i] = /^ops\[(\d+)\]\.key$/.exec(path) ?? [];
    const op = i === undefined ? undefined : write.ops[Number(i)]?.op;
    return kind !== "home-path" && (op === "put" || op === "add");
  });
  if (merged !== undefined)
    return refuse(
      "E2",
      "none",
      `${merged.path} holds a ${merged.kind}, which is removed before signing: two such keys would become one item. Choose an id.`,
    );
  return { ok: true, value: { write: { ...write, ops }, redactions: named } };
};
