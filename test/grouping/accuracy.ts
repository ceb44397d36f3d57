/** How well a grouping of lines agrees with the labels that people gave them. */

export interface Grouping {
  /** Different groups that the lines were put into. */
  readonly groups: number;
  /** Share of the lines whose group is exactly the set of lines with their label, 0 to 1. */
  readonly accuracy: number;
}

/** Position i of both lists is line i. A group counts only as a whole: one foreign line, or one that is missing, spoils it. */
export const groupingOf = (labels: readonly string[], groups: readonly string[]): Grouping => {
  const withLabel = new Map<string, number>();
  const inGroup = new Map<string, { lines: number; readonly label: string; isPure: boolean }>();
  for (const [i, label] of labels.entries()) {
    withLabel.set(label, (withLabel.get(label) ?? 0) + 1);
    const name = groups[i] as string;
    const group = inGroup.get(name);
    if (group === undefined) inGroup.set(name, { lines: 1, label, isPure: true });
    else {
      group.lines += 1;
      group.isPure &&= group.label === label;
    }
  }
  let right = 0;
  for (const { lines, label, isPure } of inGroup.values()) if (isPure && withLabel.get(label) === lines) right += lines;
  return { groups: inGroup.size, accuracy: labels.length === 0 ? 0 : right / labels.length };
};
