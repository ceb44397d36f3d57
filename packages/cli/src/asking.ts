/** What a question needs, and what it may give. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Refused, StreamName, VerbAnswer, VerbName } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
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

/** A node, or a directory opened in its place, for as long as one command needs it. */
export interface Reached {
  ask<Name extends VerbName>(verb: Name, input: JsonObject): Promise<VerbAnswer<Name>>;
  stream(
    name: StreamName,
    input: JsonObject,
  ): Promise<{ readonly ok: true; readonly lines: AsyncIterable<JsonObject> } | Refused>;
  /** Waits until the swarm has judged what was written, a few seconds at most; answers how much is pending. A node does that by itself. */
  travelled(): Promise<number>;
}
