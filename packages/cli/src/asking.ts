/** What a question needs, and what it may give. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { VerbAnswer, VerbName } from "@herdmind/local/client";
import type { Logger } from "herdmind";
import { type Failure, refusedBy } from "./exit-codes.js";

export interface Asking {
  readonly dir: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export type Answered<Name extends VerbName> = VerbAnswer<Name> | Failure;

/** Whether a directory holds a peer; looked at before opening, because opening would make a database there. */
export const holdsPeer = (dir: string): boolean => existsSync(join(dir, "peer.json"));

export const noPeerIn = (dir: string): Failure =>
  refusedBy(
    "S1",
    `${dir} holds no peer yet. Begin a swarm there with "herdmind up", join one with "herdmind join TICKET", or name another directory with --dir.`,
  );
