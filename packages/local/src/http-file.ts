import { join } from "node:path";

/** Where a node writes `{ format, url, token }` for clients that come over TCP; readable by its user only. */
export const httpFile = (dir: string): string => join(dir, "http.json");
