/**
 * Problems as agents report them, and how somebody would ask for them who has only words: no code, no message. All made up. The
 * thresholds were chosen on the even pairs and are judged by the odd ones.
 */
import type { Problem } from "@herdmind/protocol";

export interface Known {
  readonly problem: Problem;
  readonly discovery?: string;
  readonly remedy: string;
}
export interface Pair extends Known {
  readonly problem: Problem;
  readonly question: string;
}

const error = (message: string, name = "Error"): Problem => ({ error: { name, message } });
const output = (text: string): Problem => ({ text });
const workaround = (api: string, purpose: string): Problem => ({ api, purpose });

export const PAIRS: readonly Pair[] = [
  {
    problem: error("listen EADDRINUSE: address already in use :::3000"),
    discovery: "An earlier run of the dev server was still alive",
    remedy: "Stop the other process or let the system choose: port 0",
    question: "the server cannot start because another program occupies its port",
  },
  {
    problem: error("connect ECONNREFUSED 127.0.0.1:5432"),
    remedy: "Start PostgreSQL before the tests and wait until it accepts connections",
    question: "nobody answers on the port of the database, it seems not to be running",
  },
  {
    problem: output("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"),
    discovery: "Source maps of all bundles are held in memory at once",
    remedy: "Set NODE_OPTIONS=--max-old-space-size=8192",
    question: "the build runs out of RAM and node dies",
  },
  {
    problem: error("EMFILE: too many open files, open '/srv/app/data/part-00917.csv'"),
    remedy: "Raise ulimit -n, and close streams after reading",
    question: "the process holds more file handles than the system allows",
  },
  {
    problem: error("ENOSPC: no space left on device, write"),
    discovery: "Old build caches filled the volume",
    remedy: "docker system prune, and rotate the logs",
    question: "the disk is full and nothing can be saved any more",
  },
  {
    problem: error("EACCES: permission denied, open '/var/log/app.log'"),
    remedy: "chown the directory to the service account",
    question: "our user is not allowed to write the log file",
  },
  {
    problem: error("certificate has expired", "CERT_HAS_EXPIRED"),
    discovery: "The renewal timer was disabled",
    remedy: "Renew with certbot and reload nginx",
    question: "https stopped working because the TLS cert is no longer valid",
  },
  {
    problem: error("self-signed certificate in certificate chain"),
    remedy: "Point NODE_EXTRA_CA_CERTS to the root certificate of the firm",
    question: "the company proxy signs the TLS traffic itself and node does not trust it",
  },
  {
    problem: error("getaddrinfo ENOTFOUND db.internal"),
    discovery: "The search domain is missing inside of the container",
    remedy: "Use the fully qualified name, and check resolv.conf in the container",
    question: "the host name cannot be resolved by DNS",
  },
  {
    problem: error("Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "SyntaxError"),
    discovery: "The reverse proxy serves its error page",
    remedy: "Check the status and content type before response.json()",
    question: "the API answers with an HTML page where we expected to parse JSON",
  },
  {
    problem: error("Cannot read properties of undefined (reading 'map')", "TypeError"),
    remedy: "Give the state an empty array as its initial value",
    question: "the list to loop over was never set and rendering crashes",
  },
  {
    problem: error("Maximum call stack size exceeded", "RangeError"),
    discovery: "A getter read the property that it defines",
    remedy: "Add a base case; flatten the recursion into a loop",
    question: "a function calls itself for ever until the stack overflows",
  },
  {
    problem: error("Cannot find module 'left-pad'"),
    remedy: "Add it to dependencies and run npm ci",
    question: "a dependency is imported that was never installed",
  },
  {
    problem: error("require() of ES Module /app/node_modules/chalk/index.js not supported", "ERR_REQUIRE_ESM"),
    discovery: "Version 5 dropped CommonJS",
    remedy: "Use dynamic import(), or set type: module",
    question: "a CommonJS file wants to load a package that only ships import syntax",
  },
  {
    problem: output("npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree"),
    remedy: "Align the react version, or npm install --legacy-peer-deps",
    question: "two packages want conflicting versions of a peer and installing refuses",
  },
  {
    problem: output("npm error code EINTEGRITY\nnpm error sha512-abc integrity checksum failed when using sha512"),
    discovery: "The mirror served a changed archive",
    remedy: "npm cache clean --force, then write the lock file anew",
    question: "the downloaded tarball does not have the hash written in the lock file",
  },
  {
    problem: output("fatal: refusing to merge unrelated histories"),
    remedy: "git pull --allow-unrelated-histories",
    question: "git will not combine two branches that have no common ancestor",
  },
  {
    problem: output(
      "error: failed to push some refs\nhint: Updates were rejected because the tip of your current branch is behind",
    ),
    remedy: "git pull --rebase, then push again",
    question: "somebody else committed in the meantime and my upload to the remote is declined",
  },
  {
    problem: output("fatal: detected dubious ownership in repository at '/builds/app'"),
    discovery: "The CI job runs as root on a volume of uid 1000",
    remedy: "git config --global --add safe.directory '*'",
    question: "git complains that the checkout belongs to another user",
  },
  {
    problem: output("Host key verification failed."),
    discovery: "The machine was set up anew",
    remedy: "Remove the old line with ssh-keygen -R and compare the new one by hand",
    question: "ssh says the fingerprint of the server has changed",
  },
  {
    problem: output("git@example.org: Permission denied (publickey)."),
    remedy: "Load the identity into the agent with ssh-add, and add the public half to the account",
    question: "logging in over ssh does not accept my key",
  },
  {
    problem: output(
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    ),
    remedy: "systemctl start docker, or add yourself to the docker group",
    question: "container commands fail because the background service is not started",
  },
  {
    problem: output("exec /entrypoint.sh: exec format error"),
    discovery: "Built on an ARM laptop, run on x86",
    remedy: "docker buildx build --platform linux/amd64",
    question: "the image was built for another processor architecture",
  },
  {
    problem: output("bash: ./run.sh: /bin/bash^M: bad interpreter: No such file or directory"),
    remedy: "Convert with dos2unix and set eol=lf in .gitattributes",
    question: "a shell script with Windows line endings does not run on Linux",
  },
  {
    problem: error("deadlock detected", "PostgresError"),
    remedy: "Take row locks in one order everywhere, and retry the victim",
    question: "two database transactions wait for each other's locks",
  },
  {
    problem: error('duplicate key value violates unique constraint "users_email_key"', "PostgresError"),
    discovery: "The import was started twice",
    remedy: "INSERT ... ON CONFLICT DO UPDATE",
    question: "inserting a row that exists already",
  },
  {
    problem: error("sorry, too many clients already", "PostgresError"),
    remedy: "Put pgbouncer in front, and close sessions in finally",
    question: "the connection pool of the database is exhausted",
  },
  {
    problem: error("SQLITE_BUSY: database is locked"),
    remedy: "Set busy_timeout and WAL mode",
    question: "a second process writes to the sqlite file at the same time",
  },
  {
    problem: error('relation "orders" does not exist', "PostgresError"),
    discovery: "A fresh volume in the compose file",
    remedy: "Run the schema changes before the service starts",
    question: "the table is missing because the migrations were not run",
  },
  {
    problem: error("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk"),
    remedy: "Free the disk, or set stop-writes-on-bgsave-error no",
    question: "redis refuses writes since it cannot dump its memory",
  },
  {
    problem: error("Request failed with status code 429"),
    remedy: "Back off with jitter and honour Retry-After",
    question: "we send too many requests and the service throttles us",
  },
  {
    problem: error("Request failed with status code 401"),
    discovery: "The secret was rotated",
    remedy: "Refresh the OAuth credentials before they run out",
    question: "the access token is missing or no longer accepted by the API",
  },
  {
    problem: error("Request failed with status code 413"),
    remedy: "Raise client_max_body_size in nginx",
    question: "the upload is larger than the web server takes",
  },
  {
    problem: error("The operation was aborted due to timeout", "TimeoutError"),
    remedy: "Retry once with a longer limit; move the slow report into a job",
    question: "the remote end takes too long and we give up waiting",
  },
  {
    problem: error("socket hang up"),
    discovery: "The load balancer drops idle sockets after 60 s",
    remedy: "Turn keep-alive off, or retry idempotent calls",
    question: "the peer closed the connection before it sent a response",
  },
  {
    problem: output(
      "Access to fetch at 'https://api.example.org' from origin 'http://localhost:5173' has been blocked by CORS policy",
    ),
    remedy: "Send Access-Control-Allow-Origin, or proxy through the dev server",
    question: "the browser does not let the page call an API on another domain",
  },
  {
    problem: error("Hydration failed because the server rendered HTML didn't match the client."),
    discovery: "The time zone differs between server and browser",
    remedy: "Render dates in useEffect only",
    question: "React shows other markup on the first client render than came from SSR",
  },
  {
    problem: error("Too many re-renders. React limits the number of renders to prevent an infinite loop."),
    remedy: "Move the setter out of the function body into an effect or handler",
    question: "setting state while drawing a component makes it draw again endlessly",
  },
  {
    problem: output("error TS2307: Cannot find module 'fs' or its corresponding type declarations."),
    remedy: "npm install -D @types/node and list it in types",
    question: "the TypeScript compiler does not know the node typings",
  },
  {
    problem: output("error TS2322: Type 'string | undefined' is not assignable to type 'string'."),
    remedy: "Narrow with an if, or give a default with ??",
    question: "strict null checks reject a value that may be missing",
  },
  {
    problem: output("ModuleNotFoundError: No module named 'requests'"),
    discovery: "Two interpreters are on the PATH",
    remedy: "Activate the virtual environment, then python -m pip install",
    question: "python does not see a library although pip installed it",
  },
  {
    problem: output(
      "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe4 in position 12: invalid continuation byte",
    ),
    discovery: "The export comes from an old Windows program",
    remedy: "Open with encoding='latin-1'",
    question: "reading a text file with umlauts saved in an old encoding",
  },
  {
    problem: output("IndentationError: unindent does not match any outer indentation level"),
    remedy: "Run the formatter over the file; four blanks everywhere",
    question: "python source mixes tabs and spaces",
  },
  {
    problem: output("error: externally-managed-environment\n\nThis environment is externally managed"),
    discovery: "Debian 12 protects its interpreter (PEP 668)",
    remedy: "Create a venv, or use pipx",
    question: "pip is forbidden to install packages system wide on a new distribution",
  },
  {
    problem: output("KeyError: 'DATABASE_URL'"),
    remedy: "Copy .env.example to .env before the start",
    question: "an environment variable with the connection settings was not set",
  },
  {
    problem: output('Exception in thread "main" java.lang.OutOfMemoryError: Java heap space'),
    remedy: "Start with -Xmx4g",
    question: "the JVM needs more memory",
  },
  {
    problem: output(
      "java.lang.UnsupportedClassVersionError: Main has been compiled by a more recent version of the Java Runtime",
    ),
    remedy: "Compile with --release 17, or update the runtime image",
    question: "the jar was built with a newer JDK than the one that runs it",
  },
  {
    problem: output('Exception in thread "main" java.lang.NoSuchMethodError: com.example.Json.parse'),
    discovery: "Two jars carry the same class",
    remedy: "Exclude the transitive artifact in Maven; see dependency:tree",
    question: "at runtime an older version of a library is on the classpath that lacks a function",
  },
  {
    problem: output("panic: runtime error: invalid memory address or nil pointer dereference"),
    remedy: "Check the pointer before the field; use the constructor",
    question: "a go program crashes when it uses a struct that was never allocated",
  },
  {
    problem: output("fatal error: all goroutines are asleep - deadlock!"),
    remedy: "Close the channel when the producer ends; use a WaitGroup",
    question: "every worker blocks on a channel nobody sends to",
  },
  {
    problem: output("error[E0502]: cannot borrow `list` as mutable because it is also borrowed as immutable"),
    remedy: "Collect the indices first, or use retain()",
    question: "rust does not let me change a vector while I iterate over it",
  },
  {
    problem: output("undefined reference to `pthread_create'\ncollect2: error: ld returned 1 exit status"),
    remedy: "Add -lpthread at the end of the command",
    question: "linking a C program fails for want of the threading library",
  },
  {
    problem: output("fatal error: openssl/ssl.h: No such file or directory"),
    remedy: "apt-get install libssl-dev",
    question: "compiling needs the development headers of the crypto library",
  },
  {
    problem: output("Segmentation fault (core dumped)"),
    discovery: "Use after free in the image decoder",
    remedy: "Build with -fsanitize=address and look at the first report",
    question: "the native program touches memory it does not own and is killed",
  },
  {
    problem: output("E: Unable to locate package libfoo-dev"),
    discovery: "The image is cut to the bone and has no indexes",
    remedy: "apt-get update first",
    question: "apt does not find what I want to install before its lists are refreshed",
  },
  {
    problem: output('Error: Chromium revision is not downloaded. Run "npx playwright install"'),
    remedy: "npx playwright install --with-deps in the pipeline",
    question: "end to end tests have no browser to drive",
  },
  {
    problem: output("Exceeded timeout of 5000 ms for a test while waiting for `done()` to be called."),
    remedy: "Return the promise, or call the callback in both branches",
    question: "an asynchronous unit test never finishes",
  },
  {
    problem: workaround("stripe", "charge a customer again after a network failure without paying twice"),
    remedy: "Send an Idempotency-Key header with the order id",
    question: "make payments idempotent when they are retried",
  },
  {
    problem: workaround("aws s3", "upload objects bigger than five gigabytes"),
    remedy: "Use multipart upload with parts of 100 MB",
    question: "store a huge file in a bucket in several parts",
  },
  {
    problem: workaround("github actions", "reuse installed packages between workflow runs"),
    remedy: "actions/cache with the hash of package-lock.json as key",
    question: "cache node_modules so that CI gets faster",
  },
];

/** In the store, and asked for by nobody: what a wrong answer would be made of. */
export const OTHERS: readonly Known[] = [
  {
    problem: error("ENOENT: no such file or directory, open '/etc/app/config.yaml'"),
    remedy: "Give the path relative to the module, not to the working directory",
  },
  { problem: error("write EPIPE"), remedy: "Handle the error event of stdout" },
  { problem: error("read ECONNRESET"), remedy: "Retry with a new agent" },
  { problem: error("connect ETIMEDOUT 10.1.2.3:443"), remedy: "Open the firewall for the subnet" },
  { problem: error("Request failed with status code 404"), remedy: "Encode the slug of the address" },
  { problem: error("Request failed with status code 500"), remedy: "Read the log of the upstream" },
  { problem: error("Request failed with status code 502"), remedy: "Restart the pool of workers" },
  { problem: error("x is not a function", "TypeError"), remedy: "Import the default export" },
  { problem: error("Invalid array length", "RangeError"), remedy: "Clamp the length to zero" },
  { problem: error("Assignment to constant variable.", "TypeError"), remedy: "Declare it with let" },
  { problem: error("Unexpected end of JSON input", "SyntaxError"), remedy: "Wait for the end event before parsing" },
  { problem: error("jwt malformed", "JsonWebTokenError"), remedy: "Strip the Bearer prefix" },
  {
    problem: error('null value in column "name" violates not-null constraint', "PostgresError"),
    remedy: "Backfill the column first",
  },
  {
    problem: error('password authentication failed for user "app"', "PostgresError"),
    remedy: "Set scram-sha-256 in pg_hba.conf",
  },
  { problem: error("Unsupported engine for vite: wanted node >= 22"), remedy: "Use the version of .nvmrc" },
  { problem: output('npm error Missing script: "start"'), remedy: "Add it to scripts in package.json" },
  {
    problem: output("npm error 404 Not Found - GET https://registry.example/@acme%2fui"),
    remedy: "Log in to the private scope",
  },
  { problem: output("CONFLICT (content): Merge conflict in src/main.ts"), remedy: "Keep both hunks" },
  {
    problem: output("fatal: not a git repository (or any of the parent directories): .git"),
    remedy: "Mount .git into the container",
  },
  {
    problem: output("docker: Error response from daemon: pull access denied for acme/api"),
    remedy: "docker login before",
  },
  { problem: output("bash: jq: command not found"), remedy: "Install it in the image" },
  { problem: output("make: *** No rule to make target 'all'. Stop."), remedy: "Run configure first" },
  {
    problem: output("error TS2345: Argument of type 'number' is not assignable to parameter of type 'string'."),
    remedy: "Parse it with Number()",
  },
  { problem: output("error TS1005: ';' expected."), remedy: "Complete the object literal" },
  { problem: output("ImportError: cannot import name 'soft_unicode' from 'markupsafe'"), remedy: "Pin it below 2.1" },
  { problem: output('TypeError: can only concatenate str (not "int") to str'), remedy: "Convert with str()" },
  {
    problem: output("AttributeError: 'NoneType' object has no attribute 'group'"),
    remedy: "Test the match before reading it",
  },
  { problem: output("RecursionError: maximum recursion depth exceeded"), remedy: "Use an explicit stack" },
  {
    problem: output('Exception in thread "main" java.lang.ClassNotFoundException: com.example.Main'),
    remedy: "Set the main class in the manifest",
  },
  {
    problem: output(
      'Exception in thread "main" java.lang.NullPointerException: Cannot invoke "String.length()" because "name" is null',
    ),
    remedy: "Annotate with Optional",
  },
  { problem: output("panic: assignment to entry in nil map"), remedy: "Initialise with make()" },
  { problem: output("error[E0382]: use of moved value: `name`"), remedy: "Clone it, or pass a reference" },
  {
    problem: output(
      "thread 'main' panicked at src/main.rs:4:10:\nindex out of bounds: the len is 3 but the index is 7",
    ),
    remedy: "Iterate with get()",
  },
  { problem: output("gzip: stdin: not in gzip format"), remedy: "Use tar without z" },
  {
    problem: output("tar: Exiting with failure status due to previous errors"),
    remedy: "List the archive and drop the missing paths",
  },
  {
    problem: output("error: RPC failed; curl 56 Recv failure: Connection reset by peer"),
    remedy: "Set http.postBuffer",
  },
  { problem: output("AssertionError: expected 3 to equal 4"), remedy: "Update the expectation" },
  {
    problem: workaround("stripe", "list all invoices over the page limit"),
    remedy: "Follow starting_after until has_more is false",
  },
  {
    problem: workaround("aws s3", "let a browser upload without credentials"),
    remedy: "Sign the address on the server",
  },
  {
    problem: workaround("slack", "post a message longer than the block limit"),
    remedy: "Split it into several sections",
  },
  { problem: workaround("github", "search code in a fork"), remedy: "Index needs a star; search in the parent" },
  {
    problem: workaround("postgres", "create an index without blocking writers"),
    remedy: "CREATE INDEX CONCURRENTLY, and look for invalid ones after",
  },
];

/** About things nobody here has met, though they are of the same trade and use its words. */
export const UNRELATED: readonly string[] = [
  "how do I centre a box with flexbox",
  "convert a timestamp to the user's time zone",
  "which colour scheme is readable for colour-blind people",
  "kubernetes evicts the pod because the node is under pressure",
  "the kafka consumer group rebalances all the time",
  "terraform wants to destroy and recreate the load balancer",
  "the android emulator shows a black screen",
  "swift package manager cannot resolve a branch",
  "how can I speed up a slow SQL join",
  "graphql returns null for a non-nullable field",
  "websocket messages arrive in the wrong order",
  "the progress bar jumps backwards",
  "elasticsearch marks its indices read only",
  "the service worker serves a stale page after a release",
  "how to write a good commit message",
  "the pdf export cuts off the last page",
  "email from our server lands in spam",
  "the terminal shows question marks in place of emoji",
  "a regular expression takes exponential time",
  "nginx serves the wrong virtual host",
  "floating point sums differ by a cent",
  "daylight saving makes the cron job run twice",
  "the mouse wheel scrolls the wrong panel",
  "grpc streams end after an hour behind the load balancer",
  "vim does not highlight the syntax of a file",
  "bluetooth headphones stutter",
  "recipe for sourdough bread",
  "who wrote the pull request template",
  "the linter and the formatter disagree about semicolons",
  "choose between monorepo and many repositories",
];
