/** Signing a page in and out. */
import { PAGE_HEADER } from "@herdmind/dashboard";
import { readBody, send } from "./answering.js";
import { cookieName } from "./http-guard.js";
import { type HttpCall, type Route, sendUnknown } from "./http-routes.js";
import type { PageFiles } from "./page-files.js";
import { isCode, type PageSessions, SESSION_MS } from "./page-sessions.js";

/** A code and what stands around it. */
const MAX_BYTES = 1024;

const isForm = (type: string): boolean => /^application\/x-www-form-urlencoded\b/i.test(type);

/** As the page sends it. */
const codeIn = (body: string, type: string): string | undefined => {
  if (!/^application\/json\b/i.test(type)) return undefined;
  try {
    const { code } = JSON.parse(body) as { readonly code?: unknown };
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
};

export const sessionRoutes = (sessions: PageSessions, page: PageFiles): readonly Route[] => [
  {
    path: "/session",
    needs: "nothing",
    methods: ["POST"],
    fromFile: true,
    handle: async (call: HttpCall) => {
      const { request, response } = call;
      const body = await readBody(request, MAX_BYTES);
      if (typeof body === "number") return send(response, 413, "L7", `A sign-in has at most ${MAX_BYTES} bytes.`);
      const type = request.headers["content-type"] ?? "";
      // The file that the command opens knows no key, and a session without one would be of whoever is heard first: the page that it
      // gets finds the code in itself, and signs in.
      if (isForm(type)) {
        const given = new URLSearchParams(body.toString("utf8")).get("code") ?? "";
        if (!(await page.serveCode(response, isCode(given) ? given : undefined))) await sendUnknown(call);
        return;
      }
      if (request.headers.origin === "null") return send(response, 403, "T2", "Pages of null may not ask this node.");
      const code = codeIn(body.toString("utf8"), type);
      if (code === undefined) return send(response, 400, "R1", "Send { code } as application/json.");
      const key = request.headers[PAGE_HEADER];
      const signedIn = sessions.signIn(code, typeof key === "string" ? key : "");
      if (!signedIn.ok && signedIn.why === "no key")
        return send(response, 400, "R1", `Send the page's key as ${PAGE_HEADER}: 32 random bytes as base64url.`);
      if (!signedIn.ok && signedIn.why === "locked") {
        const seconds = Math.ceil(signedIn.forMs / 1000);
        response.setHeader("retry-after", String(seconds));
        return send(
          response,
          429,
          "T3",
          `Too many wrong codes. Ask for a new one in ${seconds} s: herdmind dashboard.`,
        );
      }
      if (!signedIn.ok)
        return send(response, 401, "T2", "This code is wrong, used or too old. Ask for a new one: herdmind dashboard.");
      const { id } = signedIn.session;
      const name = cookieName(request.socket.localPort);
      const age = Math.floor(SESSION_MS / 1000);
      response.setHeader("set-cookie", `${name}=${id}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${age}`);
      response.writeHead(204).end();
    },
  },
  {
    path: "/session/end",
    needs: "session",
    methods: ["POST"],
    handle: async ({ request, response, session }: HttpCall) => {
      request.resume();
      if (session !== undefined) sessions.end(session.id);
      const name = cookieName(request.socket.localPort);
      response.setHeader("set-cookie", `${name}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`);
      response.writeHead(204).end();
    },
  },
];
