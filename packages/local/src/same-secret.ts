import { timingSafeEqual } from "node:crypto";

/** Compares in a time that says nothing of where two texts differ. */
export const isSame = (given: string, secret: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
};
