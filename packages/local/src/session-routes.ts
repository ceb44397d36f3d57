/** Signing a page in and out. */
import { PAGE_HEADER } from "@herdmind/dashboard";
import { readBody, send } from "./answering.js";
import { cookieName } from "./http-guard.js";
import type { HttpCall, Route } from "./http-routes.js";
import { type PageSessions, SESSION_MS } from "./page-sessions.js";

/** A code and what stands around it. */
const MAX_BYTES = 1024;

/** As the page sends it, or as the form of the file that the command opens. */
const codeIn = (body: string, type: string): string | undefined => {
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return new URLSearchParams(body).get("code") ?? undefined;
  if (!/^application\/json\b/i.test(type)) return undefined;
  try {
    const { code } = JSON.parse(body) as { readonly code?: unknown };
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
};

export const sessionRoutes = (sessions: PageSessions): readonly Route[] => [
  {
    path: "/session",
    needs: "nothing",
    methods: ["POST"],
    fromFile: true,
    handle: async ({ request, response }: HttpCall) => {
      const body = await readBody(request, MAX_BYTES);
      if (typeof body === "number") return send(response, 413, "L7", `A sign-in has at most ${MAX_BYTES} bytes.`);
      const type = request.headers["content-type"] ?? "";
      const code = codeIn(body.toString("utf8"), type);
      if (code === undefined)
        return send(response, 400, "R1", "Send { code } as application/json, or as the field of a form.");
      // Before the cookie is on its way: the server of another port sees it at once, and must not be heard first.
      const key = request.headers[PAGE_HEADER];
      const signedIn = sessions.signIn(code, typeof key === "string" ? key : undefined);
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
      const isForm = type.toLowerCase().startsWith("application/x-www-form-urlencoded");
      response.writeHead(isForm ? 303 : 204, isForm ? { location: "/" } : {}).end();
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
