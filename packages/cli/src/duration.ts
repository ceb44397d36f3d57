/** Durations as people write them: `90s`, `15m`, `12h`, `7d`, `2w`. */
const UNIT_MS: { readonly [unit: string]: number } = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds; `undefined` when the text is no duration, or longer than a century. */
export const parseDuration = (text: string): number | undefined => {
  const match = /^(\d{1,9})([smhdw])$/.exec(text.trim());
  const unit = UNIT_MS[match?.[2] ?? ""];
  if (match === null || unit === undefined) return undefined;
  const ms = Number(match[1]) * unit;
  return ms > 0 && ms <= 36_525 * 86_400_000 ? ms : undefined;
};
