/** Remedies that change the environment, the runtime's settings, or how often the program is run. */

import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseEnv } from "node:util";
import type { Change, Failure, RunPlan } from "./plan.js";
import type { Remedy } from "./remedy.js";
import { listWorkFiles, rewriteFiles } from "./work-files.js";

const setVariables =
  (variables: Readonly<Record<string, string>>): Change =>
  (plan) => {
    Object.assign(plan.env, variables);
  };

/** Adds an option for Node, in place of an earlier one of the same name. */
const addNodeOption = (plan: RunPlan, option: string): void => {
  const name = option.split("=")[0];
  const kept = (plan.env.NODE_OPTIONS ?? "").split(" ").filter((old) => old !== "" && old.split("=")[0] !== name);
  plan.env.NODE_OPTIONS = [...kept, option].join(" ");
};

const nodeOption =
  (option: string): Change =>
  (plan) =>
    addNodeOption(plan, option);

/** NODE_OPTIONS does not take it, so it goes to the command. 3,900 KB stay below the 8 MB that threads usually have. */
const raiseStack: Change = (plan) => {
  const [program, ...args] = plan.command;
  if (program !== undefined && /^node(\.exe)?$/.test(basename(program))) {
    plan.command = [program, "--stack-size=3900", ...args];
  }
};

/** 1,024 is below the hard limit of every usual system; asking for more than that would be an error of its own. */
const raiseOpenFiles: Change = (plan) =>
  rewriteFiles(plan.dir, /\.sh$/, (bytes) => bytes.toString("utf8").replace(/\bulimit -n \d+/g, "ulimit -n 1024"));

const pickFreePort: Change = async (plan) => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  plan.env.PORT = String((server.address() as AddressInfo).port);
  await new Promise((resolve) => server.close(resolve));
};

const trustProjectCertificates: Change = async (plan) => {
  const { files } = await listWorkFiles(plan.dir);
  for (const path of files.filter((file) => /\.(pem|crt|cer)$/.test(file))) {
    if ((await readFile(path, "utf8")).includes("BEGIN CERTIFICATE")) plan.env.NODE_EXTRA_CA_CERTS = path;
  }
};

const loadEnvFile: Change = async (plan) => {
  const { files } = await listWorkFiles(plan.dir);
  for (const path of files.filter((file) => basename(file) === ".env")) {
    plan.env = { ...(parseEnv(await readFile(path, "utf8")) as Record<string, string>), ...plan.env };
  }
};

const renewTokens: Change = async (plan) => {
  const { files } = await listWorkFiles(plan.dir);
  for (const path of files.filter((file) => file.endsWith("credentials.json"))) {
    const credentials = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    const { refreshUrl, refreshToken } = credentials;
    if (typeof refreshUrl !== "string") continue;
    const answer = await fetch(refreshUrl, { method: "POST", body: JSON.stringify({ refreshToken }) });
    if (!answer.ok) continue;
    await writeFile(path, JSON.stringify({ ...credentials, ...((await answer.json()) as object) }));
  }
};

/** A server that asks for more than this is not worth waiting for here. */
const LONGEST_WAIT_MS = 5_000;

const honourRetryAfter: Change = (plan) => {
  plan.rerun = (failed: Failure) => {
    const milliseconds = /retry-after-ms['"]?: ['"]?(\d+)/i.exec(failed.stderr)?.[1];
    const seconds = /retry-after['"]?: ['"]?(\d+)/i.exec(failed.stderr)?.[1];
    const wait = milliseconds === undefined ? Number(seconds) * 1_000 : Number(milliseconds);
    return wait <= LONGEST_WAIT_MS ? wait : undefined;
  };
};

const cycleSafeJson = `const stringify = JSON.stringify;
JSON.stringify = (value, replacer, space) => {
  if (replacer !== undefined && replacer !== null) return stringify(value, replacer, space);
  const above = [];
  return stringify(value, function (_key, inner) {
    while (above.length > 0 && above.at(-1) !== this) above.pop();
    if (above.includes(inner)) return "[circular]";
    if (typeof inner === "object" && inner !== null) above.push(inner);
    return inner;
  }, space);
};
`;

const dropCyclesInJson: Change = async (plan) => {
  const preload = join(plan.dir, "cycle-safe-json.mjs");
  await writeFile(preload, cycleSafeJson);
  addNodeOption(plan, `--import=${pathToFileURL(preload).href}`);
};

export const runtimeRemedies: readonly Remedy[] = [
  {
    name: "pick-free-port",
    description: "Set PORT to a port that is free.",
    apply: pickFreePort,
  },
  {
    name: "trust-project-certificates",
    description: "Make Node trust the certificates that lie in the project (NODE_EXTRA_CA_CERTS).",
    apply: trustProjectCertificates,
  },
  {
    name: "prefer-ipv4",
    description: "Make Node try IPv4 addresses first (--dns-result-order=ipv4first).",
    apply: nodeOption("--dns-result-order=ipv4first"),
  },
  {
    name: "raise-heap",
    description: "Raise Node's heap limit to 512 MB (--max-old-space-size).",
    apply: nodeOption("--max-old-space-size=512"),
  },
  {
    name: "raise-stack",
    description: "Raise Node's stack size to 3,900 KB (--stack-size).",
    apply: raiseStack,
  },
  {
    name: "raise-open-files",
    description: "Raise the limit of open files in the project's shell scripts to 1,024 (ulimit -n).",
    apply: raiseOpenFiles,
  },
  {
    name: "raise-header-limit",
    description: "Raise Node's limit for HTTP headers to 128 KB (--max-http-header-size).",
    apply: nodeOption("--max-http-header-size=131072"),
  },
  {
    name: "lenient-http",
    description: "Make Node accept malformed HTTP headers (--insecure-http-parser).",
    apply: nodeOption("--insecure-http-parser"),
  },
  {
    name: "raise-output-buffer",
    description: "Raise the buffer for output of child processes to 64 MB (MAX_OUTPUT_BYTES).",
    apply: setVariables({ MAX_OUTPUT_BYTES: String(64 * 1024 * 1024) }),
  },
  {
    name: "small-batches",
    description: "Hand work over in batches of 500 (BATCH_SIZE).",
    apply: setVariables({ BATCH_SIZE: "500" }),
  },
  {
    name: "run-in-utc",
    description: "Run the program in the time zone UTC (TZ).",
    apply: setVariables({ TZ: "UTC" }),
  },
  {
    name: "plain-locale",
    description: "Run the program in the C locale (LC_ALL).",
    apply: setVariables({ LC_ALL: "C" }),
  },
  {
    name: "load-env-file",
    description: "Load the variables of the project's .env file that are not set.",
    apply: loadEnvFile,
  },
  {
    name: "cycle-safe-json",
    description: "Write circular references as a mark when a value is turned into JSON.",
    apply: dropCyclesInJson,
  },
  {
    name: "wait-longer",
    description: "Wait up to 20 s for the answer of a server (HTTP_TIMEOUT_MS).",
    apply: setVariables({ HTTP_TIMEOUT_MS: "20000" }),
  },
  {
    name: "follow-redirects",
    description: "Follow up to 5 redirects of a server (HTTP_MAX_REDIRECTS).",
    apply: setVariables({ HTTP_MAX_REDIRECTS: "5" }),
  },
  {
    name: "decode-responses",
    description: "Decode compressed answers of a server (HTTP_DECODE).",
    apply: setVariables({ HTTP_DECODE: "1" }),
  },
  {
    name: "fresh-connections",
    description: "Open a new connection for each request (HTTP_KEEP_ALIVE=0).",
    apply: setVariables({ HTTP_KEEP_ALIVE: "0" }),
  },
  {
    name: "send-json-type",
    description: "Send requests with the content type application/json (HTTP_HEADERS).",
    apply: setVariables({ HTTP_HEADERS: JSON.stringify({ "content-type": "application/json" }) }),
  },
  {
    name: "renew-tokens",
    description: "Renew the access token in the project's credentials.json at its refresh address.",
    apply: renewTokens,
  },
  {
    name: "honour-retry-after",
    description: "Run the program again after the time that the server asks for (Retry-After).",
    apply: honourRetryAfter,
  },
  {
    name: "production-mode",
    description: "Run the program in production mode (NODE_ENV).",
    apply: setVariables({ NODE_ENV: "production" }),
  },
  {
    name: "more-threads",
    description: "Give Node 16 threads for files and names (UV_THREADPOOL_SIZE).",
    apply: setVariables({ UV_THREADPOOL_SIZE: "16" }),
  },
];
