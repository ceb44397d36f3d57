/** What differs between Node and a browser: where a node keeps things, and how it reaches others by default. */
import type { Result } from "@herdmind/protocol";
import type { CarryMode, TransportFactory } from "@herdmind/sync";
import type { OpenedDirectory } from "./vault.js";

export interface Platform {
  /** Opens what is kept under this name (a path; a database), alone; memory where none is given. */
  open(dir: string | undefined): Promise<Result<OpenedDirectory>>;
  readonly transports: readonly TransportFactory[];
  /** What a member keeps for others by default: a machine has room for others' proposals, a page has not. */
  readonly carry: CarryMode;
}
