/**
 * A node's HTTP: served from the beginning where its user chose so, otherwise when somebody asks for it over the local socket, who is
 * this user. What asks over HTTP itself cannot: a page could make itself codes for ever.
 */
import type { Result } from "@herdmind/protocol";

export interface DashboardCode {
  readonly url: string;
  /** For the page's form: good for one use. */
  readonly code: string;
  readonly expiresAt: string;
  /** A page for this user's browser that signs in by itself; it is gone when the code is. */
  readonly file: string;
}

export interface Web extends AsyncDisposable {
  /** Whether it is to be served from the beginning. */
  readonly isKept: boolean;
  readonly url: string | undefined;
  /** Where it listens, or would. */
  readonly host: string;
  /** Serves from now on; what is served already goes on where it is. */
  start(port?: number): Promise<Result<string>>;
  /** The same, and a code for a page. */
  invitePage(): Promise<Result<DashboardCode>>;
  /** Ends all sessions of pages: how many there were. */
  signOut(): number;
  /** Serves no more. `false`: it did not. */
  stop(): Promise<boolean>;
  /** Milliseconds since the last request; infinite while it is not served. */
  idleMs(): number;
}
