/** Listening on a port, and saying what to do when it is taken. */
import type { Server } from "node:http";
import { type AddressInfo, createServer } from "node:net";

/** Why a relay could not listen. `port-taken`: `freePort` was free a moment ago. */
export interface ListenFault {
  readonly kind: "port-taken" | "not-allowed" | "io";
  readonly port: number;
  readonly freePort?: number;
  readonly message: string;
}

export type ListenResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: ListenFault };

const tryListen = (
  server: Pick<Server, "once" | "off" | "listen" | "address">,
  host: string,
  port: number,
): Promise<number | NodeJS.ErrnoException> =>
  new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error);
    server.once("error", failed);
    server.listen({ host, port }, () => {
      server.off("error", failed);
      resolve((server.address() as AddressInfo).port);
    });
  });

/** Ports looked at above the taken one before the system is asked for any. */
const PORTS_TRIED = 10;

const findFreePort = async (host: string, taken: number): Promise<number | undefined> => {
  for (const port of [
    ...Array.from({ length: PORTS_TRIED }, (_, i) => taken + 1 + i).filter((each) => each < 65_536),
    0,
  ]) {
    const probe = createServer();
    const got = await tryListen(probe as unknown as Server, host, port);
    await new Promise((resolve) => probe.close(resolve));
    if (typeof got === "number") return got;
  }
  return undefined;
};

/** Listens; port 0 lets the system choose. The value is the port. */
export const listen = async (server: Server, host: string, port: number): Promise<ListenResult<number>> => {
  const got = await tryListen(server, host, port);
  if (typeof got === "number") return { ok: true, value: got };
  if (got.code === "EADDRINUSE") {
    const freePort = await findFreePort(host, port);
    const instead =
      freePort === undefined
        ? "Stop the other program, or choose another port."
        : `Port ${freePort} is free: use that, or stop the other program.`;
    return {
      ok: false,
      fault: {
        kind: "port-taken",
        port,
        ...(freePort === undefined ? {} : { freePort }),
        message: `Port ${port} on ${host} is taken by another program. ${instead}`,
      },
    };
  }
  if (got.code === "EACCES") {
    return {
      ok: false,
      fault: {
        kind: "not-allowed",
        port,
        message: `This user may not listen on port ${port} on ${host}. Choose a port above 1023.`,
      },
    };
  }
  return { ok: false, fault: { kind: "io", port, message: `Cannot listen on ${host}:${port}: ${got.message}` } };
};
