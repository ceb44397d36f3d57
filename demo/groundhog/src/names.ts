/**
 * What differs between two tasks of one cause: names of things, files, folders, hosts and numbers. A recall that
 * recognises a cause must look through all of them.
 */
import { createRandom, type Random } from "./random.js";

const things = [
  "account",
  "alert",
  "asset",
  "basket",
  "batch",
  "booking",
  "branch",
  "budget",
  "campaign",
  "carrier",
  "catalog",
  "channel",
  "claim",
  "contract",
  "coupon",
  "course",
  "customer",
  "delivery",
  "device",
  "discount",
  "donation",
  "fleet",
  "forecast",
  "grant",
  "guest",
  "harvest",
  "inventory",
  "invoice",
  "journal",
  "ledger",
  "lesson",
  "loan",
  "machine",
  "meter",
  "mission",
  "order",
  "parcel",
  "patient",
  "payment",
  "permit",
  "pipeline",
  "policy",
  "portfolio",
  "price",
  "project",
  "quota",
  "rating",
  "recipe",
  "refund",
  "region",
  "rental",
  "report",
  "reservation",
  "roster",
  "route",
  "sample",
  "season",
  "sensor",
  "session",
  "shipment",
  "survey",
  "tariff",
  "ticket",
  "tournament",
  "vehicle",
  "visit",
  "voucher",
  "warehouse",
  "wallet",
  "workout",
] as const;
const folders = ["jobs", "src", "scripts", "tools", "app", "services", "tasks", "workers", "lib", "steps"] as const;
const kinds = [
  "sync",
  "export",
  "import",
  "audit",
  "merge",
  "digest",
  "loader",
  "planner",
  "indexer",
  "mailer",
] as const;
const domains = ["internal", "corp", "lan", "intra", "test", "example"] as const;

export interface Names {
  readonly random: Random;
  /** A lower-case noun; no two calls for one task return the same. */
  thing(): string;
  /** A short name for a program, such as `ledger-audit`. */
  tool(): string;
  folder(): string;
  /** A host name such as `parcel-7.corp`. */
  host(): string;
  int(low: number, high: number): number;
  /** Random lower-case hex digits: also what a program prints to prove that it did its work. */
  hex(digits: number): string;
}

export const createNames = (seed: number | string, ...path: readonly (number | string)[]): Names => {
  const random = createRandom(seed, ...path);
  let rest = random.shuffle(things);
  const thing = (): string => {
    const next = rest.pop();
    if (next !== undefined) return next;
    rest = random.shuffle(things);
    return thing();
  };
  return {
    random,
    thing,
    tool: () => `${thing()}-${random.pick(kinds)}`,
    folder: () => random.pick(folders),
    host: () => `${thing()}-${random.int(1, 40)}.${random.pick(domains)}`,
    int: random.int,
    hex: (digits) => Array.from({ length: digits }, () => random.int(0, 15).toString(16)).join(""),
  };
};
