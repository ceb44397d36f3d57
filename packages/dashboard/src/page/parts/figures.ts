/** Figures and times as words. */
const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const figure = (value: number): string => whole.format(value);
/** 12,345 fits a tile; 1,234,567 does not. */
export const shortFigure = (value: number): string =>
  Math.abs(value) < 100_000 ? figure(value) : compact.format(value);
export const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${figure(count)} ${count === 1 ? one : many}`;

export const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
};

/** A clock of somebody else may stand anywhere: what is no moment stays a number. */
const dateOf = (ms: number): Date | undefined => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date;
};

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const momentText = (ms: number): string => {
  const date = dateOf(ms);
  return date === undefined ? `${ms} ms since 1970` : day.format(date);
};
export const clockText = (ms: number): string => {
  const date = dateOf(ms);
  return date === undefined ? `${ms} ms` : time.format(date);
};
export const isoText = (ms: number): string => dateOf(ms)?.toISOString() ?? `${ms} ms since 1970`;

/** How long ago; what lies ahead by more than a clock's usual error is told as it is. */
export const agoText = (ms: number, now: number): string => {
  const past = now - ms;
  if (past < -60_000) return momentText(ms);
  return past < 5000 ? "just now" : `${duration(past)} ago`;
};
