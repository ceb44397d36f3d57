/** What each group of metrics is made from. */
import type { Peer, Stats } from "herdmind";
import type { Registry } from "prom-client";

export interface Watched {
  readonly peer: Peer;
  readonly registry: Registry;
  /** The peer's stats; counted once for each scrape. */
  readonly stats: () => Stats;
}
