/** What a team of agents runs into on an ordinary day: for a swarm that looks like one. */
export interface Incident {
  readonly domain: string;
  readonly error: string;
  readonly remedy: string;
  readonly discovery: string;
  /** Of ten agents that tried it, how many told that it worked; default 10. */
  readonly works?: number;
}

const of =
  (domain: string) =>
  (error: string, remedy: string, discovery: string, works?: number): Incident => ({
    domain,
    error,
    remedy,
    discovery,
    ...(works === undefined ? {} : { works }),
  });
const database = of("database");
const build = of("build");
const deploy = of("deploy");
const payments = of("payments");
const search = of("search");
const data = of("data import");

export const INCIDENTS: readonly Incident[] = [
  database(
    "connect ECONNREFUSED 127.0.0.1:5432",
    "Set PGHOST=/var/run/postgresql: the server listens on its socket only.",
    "ss -l shows no listener on the port; the socket file is there.",
  ),
  build(
    "Error [ERR_REQUIRE_ESM]: require() of ES Module ./node_modules/chalk/source/index.js not supported",
    'Import it with import(), or set "type": "module" in package.json.',
    "The package has been ESM only since its version 5.",
  ),
  deploy(
    "Error: EACCES: permission denied, open '/app/.cache/manifest.json'",
    "Mount /app/.cache as a volume that belongs to uid 1000, as the image's user does.",
    "The image runs as node since its last base update; the folder was made by root.",
  ),
  database(
    "error: deadlock detected: Process waits for ShareLock on transaction",
    "Lock orders before order_lines in both jobs; then retry the one that was cancelled.",
    "Two jobs took the same two tables in opposite order.",
  ),
  data(
    'SyntaxError: Unexpected token \'\u00ef\', "\u00ef\u00bb\u00bf{ "id""... is not valid JSON',
    "Strip the byte order mark before parsing: text.replace(/^\\uFEFF/, '').",
    "The export of the partner begins with EF BB BF.",
  ),
  payments(
    "StripeSignatureVerificationError: No signatures found matching the expected signature for payload",
    "Hand the raw body to the check; parse JSON only behind it.",
    "A body parser in front re-serialised the payload.",
  ),
  build(
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "Run the bundler with NODE_OPTIONS=--max-old-space-size=4096.",
    "Source maps of 1,900 modules are held at once.",
    6,
  ),
  search(
    "ResponseError: search_phase_execution_exception: Result window is too large",
    "Page with search_after and a point in time; from + size ends at 10,000.",
    "Deep pages of the admin list asked for offset 12,400.",
  ),
  deploy(
    "Error: listen EADDRINUSE: address already in use :::8080",
    "Wait for the old process: it drains for 20 s after SIGTERM. Then start.",
    "Both are of the same unit; the first had not ended yet.",
    7,
  ),
  payments(
    "Error: Idempotency key was used with other parameters",
    "Derive the key from order id and attempt number, not from the order id alone.",
    "The amount changed between the retries.",
  ),
  data(
    "Error: Invalid record length: columns length is 14, got 15 on line 20871",
    "Set quote and escape of the reader to the double quote: a remark holds a comma.",
    "Line 20871 has a quoted comma in its last column.",
  ),
  database(
    "FATAL: sorry, too many clients already",
    "Bound the pool at 8 for each worker; 12 workers share 100 connections.",
    "pg_stat_activity shows 96 idle ones of this service.",
  ),
  search(
    "index_closed_exception: closed",
    "Open the index before the reindex job: the snapshot closes it at night.",
    "Only runs between 02:00 and 02:20 fail.",
  ),
  build(
    "error TS2307: Cannot find module '@acme/contracts' or its corresponding type declarations",
    "Run the build of packages/contracts first: tsc --build follows the references.",
    "Its dist folder is missing in a fresh clone.",
  ),
  deploy(
    "x509: certificate signed by unknown authority",
    "Add the company's root to the image: update-ca-certificates after copying it.",
    "Only hosts behind the inspection proxy are affected.",
  ),
  data(
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe4 in position 118",
    "Read the legacy export as windows-1252.",
    "Byte E4 is an a with dots there, and the names fit.",
  ),
  payments(
    "Error: amount_too_small: Amount must be at least 50 cents",
    "Collect small amounts and charge them together at the end of the month.",
    "Test orders of one cent reach the live account.",
    1,
  ),
  database(
    "error: canceling statement due to statement timeout",
    "Add an index on (tenant_id, created_at); the plan reads 41 million rows without it.",
    "EXPLAIN shows a sequential scan since the last import.",
  ),
  deploy(
    "Readiness probe failed: HTTP probe failed with statuscode: 503",
    "Let readiness wait for the cache to be warm, and liveness not.",
    "The probe passes 40 s after the start.",
  ),
  search(
    "Error: vector dimension 768 does not match index dimension 384",
    "Rebuild the index with the model that queries use now.",
    "The model was changed on one side only.",
  ),
  build(
    "npm error code EINTEGRITY sha512 integrity checksum failed when using sha512",
    "Remove the mirror's cached tarball, then run npm ci again.",
    "The tarball of the mirror differs from the registry's.",
    3,
  ),
  data(
    "RangeError: Invalid time value",
    "Parse the date with its format DD.MM.YYYY: Date reads the parts in another order.",
    "Fails from the 13th day of each month on.",
  ),
];
