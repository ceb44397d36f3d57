/**
 * The files of the dashboard, from memory: they are read once, about a megabyte, so no request reaches the file system, whatever path it
 * names, and a package that is updated beneath a running node does not leave it with half a page. Not compressed: loopback is faster
 * than any decompression. The libraries that do this for others read a file for each request (`send`), or end the process when a listed
 * file is gone (`sirv`).
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { CODE_NAME } from "@herdmind/dashboard";
import type { HttpCall } from "./http-routes.js";

export interface PageFiles {
  /** Answers what is a file of the page; `false`: it is none. */
  serve(call: HttpCall): Promise<boolean>;
  /** Answers the page with a code in it, which signs it in; `false`: there is no page. */
  serveCode(response: ServerResponse, code: string | undefined): Promise<boolean>;
}

interface File {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly caching: string;
}

const TYPES: { readonly [extension: string]: string } = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};
/** A build names its files by their content: `index-Bx3kQ9_a.js`. */
const IS_HASHED = /-[\w-]{8}\.\w+$/;

/** What the page may load and ask: itself. It sets styles through the CSSOM, which this does not forbid. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** As data, which scripts of the page read: the policy lets none run that stands in it. A code has letters, digits and dashes. */
const withCode = (html: string, code: string): string =>
  html.replace("<title>", `<meta name="${CODE_NAME}" content="${code}" />\n    <title>`);

const readFiles = async (folder: string): Promise<ReadonlyMap<string, File>> => {
  const files = new Map<string, File>();
  for (const one of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const type = TYPES[extname(one.name)];
    if (!one.isFile() || type === undefined) continue;
    const path = join(one.parentPath, one.name);
    const name = `/${relative(folder, path).replaceAll(sep, "/")}`;
    const bytes = await readFile(path);
    const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 27)}"`;
    const caching = IS_HASHED.test(name) ? "public, max-age=31536000, immutable" : "no-cache";
    files.set(name === "/index.html" ? "/" : name, { bytes, type, etag, caching });
  }
  return files;
};

/** `folder`: where the page was built to. One that is not there has no files, until it is. */
export const createPageFiles = (folder: string): PageFiles => {
  let reading: Promise<ReadonlyMap<string, File>> | undefined;
  const filesNow = async (): Promise<ReadonlyMap<string, File>> => {
    reading ??= readFiles(folder);
    try {
      return await reading;
    } catch {
      reading = undefined;
      return new Map();
    }
  };
  return {
    async serve({ request, response, path }) {
      const file = (await filesNow()).get(path);
      if (file === undefined) return false;
      response.setHeader("cache-control", file.caching);
      response.setHeader("etag", file.etag);
      response.setHeader("content-security-policy", POLICY);
      if (request.headers["if-none-match"] === file.etag) {
        response.writeHead(304).end();
        return true;
      }
      response.writeHead(200, { "content-type": file.type, "content-length": file.bytes.length });
      response.end(request.method === "HEAD" ? undefined : file.bytes);
      return true;
    },
    async serveCode(response, code) {
      const file = (await filesNow()).get("/");
      if (file === undefined) return false;
      response.setHeader("cache-control", "no-store");
      response.setHeader("content-security-policy", POLICY);
      response.writeHead(200, { "content-type": file.type });
      response.end(code === undefined ? file.bytes : withCode(file.bytes.toString("utf8"), code));
      return true;
    },
  };
};
