/** The version in this package's manifest: what clients show of a server, and look at when they report a fault. */
import { readFileSync } from "node:fs";

export const version = (): string =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string })
    .version;
