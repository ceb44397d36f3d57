/** The memory by the plainest reading: canon's writes one after the other on a list of items, each item a line of text. */
import type { View } from "@herdmind/experience";
import { type AnyRecord, logKey, type MemoryOp, type RecordRef } from "@herdmind/protocol";

interface Placed {
  readonly record: AnyRecord;
  readonly ref: RecordRef;
}

/** `undefined`: an op cannot be, and so the whole write is not. */
const afterOp = (items: ReadonlyMap<string, unknown[]>, op: MemoryOp): ReadonlyMap<string, unknown[]> | undefined => {
  const item = items.get(op.key);
  const without = new Map([...items].filter(([key]) => key !== op.key));
  if (op.op === "delete") return without;
  if (op.op === "put") {
    if (op.ifAbsent && item !== undefined) return items;
    return without.set(op.key, [op.value, op.members ?? item?.[1] ?? []]);
  }
  if (item === undefined) return op.op === "remove" ? items : undefined;
  const members = item[1] as string[];
  const changed =
    op.op === "remove"
      ? members.filter((member) => !op.members.includes(member))
      : [...members, ...op.members.filter((member) => !members.includes(member))];
  return without.set(op.key, [item[0], changed]);
};

const lines = (items: Iterable<readonly [string, unknown]>): readonly string[] =>
  [...items].map(([key, item]) => `memory ${key} ${JSON.stringify(item)}`).sort();

export const memoryPlainly = (canon: readonly Placed[]): readonly string[] => {
  let items: ReadonlyMap<string, unknown[]> = new Map();
  for (const { record } of canon) {
    if (record.type !== "memory-step") continue;
    let next: ReadonlyMap<string, unknown[]> | undefined = items;
    for (const op of record.body.ops) next = next && afterOp(next, op);
    if (next === undefined) throw new Error("canon carries a write that does not count");
    items = next;
  }
  return lines(items);
};

export const memoryLinesOf = ({ memory }: View): readonly string[] =>
  lines(
    memory.spaces().flatMap((space) =>
      [...memory.keys(space)].map((key) => {
        const item = memory.item(space, key);
        return [key, [item?.value, item?.members]] as const;
      }),
    ),
  );

/** Each write that canon has passed stands in it as its author wrote it, or has a verdict; and nothing else stands in it. */
export const judgeMemory = (
  judged: readonly Placed[],
  canon: readonly Placed[],
  isForker: (ref: RecordRef) => boolean,
): readonly string[] => {
  const nameOf = (ref: RecordRef): string => `${logKey(ref)} ${ref.sequence} ${ref.index}`;
  const said = new Map(
    judged.flatMap(({ record, ref }) => (record.type === "memory" ? [[nameOf(ref), record.body] as const] : [])),
  );
  const carried = new Map<string, string>();
  const wrong: string[] = [];
  for (const { record } of canon) {
    if (record.type === "verdict") carried.set(nameOf(record.body.of), "verdict");
    if (record.type !== "memory-step") continue;
    const { of, ...write } = record.body;
    if (carried.has(nameOf(of))) wrong.push(`the write at ${nameOf(of)} is judged twice`);
    carried.set(nameOf(of), "step");
    if (!isForker(of) && JSON.stringify(write.ops) !== JSON.stringify(said.get(nameOf(of))?.ops))
      wrong.push(`canon carries a write at ${nameOf(of)} that its author did not write`);
  }
  for (const name of said.keys()) if (!carried.has(name)) wrong.push(`the write at ${name} is passed and not judged`);
  return wrong;
};
