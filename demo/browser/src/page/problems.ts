/** Problems that the agents meet, and what cures them: what somebody has to find out the first time. */
export interface DemoProblem {
  readonly label: string;
  readonly error: Error;
  readonly remedy: string;
}

const failed = (name: string, message: string): Error => Object.assign(new Error(message), { name });

export const PROBLEMS: readonly DemoProblem[] = [
  {
    label: "The database does not answer",
    error: failed("Error", "connect ECONNREFUSED 127.0.0.1:5432"),
    remedy: "It listens on its socket only: set PGHOST=/var/run/postgresql",
  },
  {
    label: "The build sees no file changes",
    error: failed("Error", "ENOSPC: System limit for number of file watchers reached, watch '/srv/app/src'"),
    remedy: "Raise fs.inotify.max_user_watches to 524288",
  },
  {
    label: "The download is not trusted",
    error: failed("FetchError", "self-signed certificate in certificate chain"),
    remedy: "Set NODE_EXTRA_CA_CERTS to the company's certificate",
  },
  {
    label: "Two jobs block each other",
    error: failed("DatabaseError", "deadlock detected: process 8121 waits for ShareLock on transaction 90210"),
    remedy: "Update the rows in the order of their ids",
  },
  {
    label: "The report has no umlauts",
    error: failed(
      "UnicodeDecodeError",
      "'utf-8' codec can't decode byte 0xe4 in position 12: invalid continuation byte",
    ),
    remedy: "Read the export as latin-1",
  },
];
