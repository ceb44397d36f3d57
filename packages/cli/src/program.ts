/**
 * The commands and flags of `herdmind`, and their help. What needs the library is loaded when it runs: a command that works
 * through a node answers in half the time without.
 */
import { INSPECTABLE } from "@herdmind/local/client";
import { ROLES, SIGNAL_TYPES } from "@herdmind/protocol";
import { Argument, Command, Option } from "commander";
import { outcome, recall, report } from "./agent-commands.js";
import { addAssistantCommands } from "./assistant-commands.js";
import { EXIT_CODE_WORDS, type ExitCode } from "./exit-codes.js";
import { collect, examples, name, port, share, wholeNumber } from "./flags.js";
import { format } from "./format.js";
import { TIME_WORDS } from "./moment.js";
import { inspectNode, invite, stats } from "./node-commands.js";
import { addRunningCommands } from "./running-commands.js";
import type { Shell } from "./shell.js";
import { version } from "./version.js";

export interface GlobalFlags {
  readonly dir?: string;
  readonly json?: boolean;
}

/** Runs a command's work with the surroundings that its flags ask for, and keeps its exit code. */
export type RunWith = (globals: GlobalFlags, work: (shell: Shell) => Promise<ExitCode>) => Promise<void>;

const exitCodes = `\nExit codes:\n${EXIT_CODE_WORDS.map(([code, words]) => `  ${String(code).padStart(3)}  ${words}`).join("\n")}`;

const addProblemFlags = (command: Command): Command =>
  command
    .option("--error <message>", "the error's message")
    .option("--name <name>", "the error's name, such as TypeError")
    .option("--code <code>", "the error's code, such as EADDRINUSE")
    .option("--output-file <file>", "what the failing tool printed; - reads standard input")
    .option("--text <text>", "the problem in words")
    .option("--api <text>", "WORKAROUND_FOUND: the interface that misbehaves")
    .option("--purpose <text>", "WORKAROUND_FOUND: what one wants of it")
    .option("--domain <text>", "VALIDATION_*: the domain")
    .option("--approach <text>", "VALIDATION_*: the approach that was validated")
    .option(
      "--fact <key=value>",
      "a fact that defines the problem; repeat it; KEY:=VALUE for numbers, true, false",
      collect,
    )
    .option("--type <type>", `kind of signal: ${SIGNAL_TYPES.join(", ")}, or a registered one`);

const addProfileFlags = (command: Command, whose: string): Command =>
  command
    .option("--domain <text>", `the domain of ${whose}`)
    .option("--api <text>", "an interface that is used; repeat it", collect)
    .option("--tool <text>", "a tool that is used; repeat it", collect)
    .option("--tag <text>", "anything else it has to do with; repeat it", collect);

const addHttpFlags = (command: Command): Command =>
  command
    .option("--http [port]", "serve HTTP for pages and other languages, now and whenever this node is up", port)
    .option("--no-http", "only when a command asks for it")
    .option("--http-host <host>", "where, besides this machine; not encrypted (default: 127.0.0.1)")
    .option("--http-name <name>", "a name it goes by, such as the one of a proxy before it; repeat it", collect);

const addRenderFlags = (command: Command): Command =>
  command
    .option("--all", "also what does not concern this node's profile")
    .option("--render", "as text for a language model: claims between marks, with where they come from")
    .option(
      "--budget-tokens <count>",
      "tokens of that text at most, estimated",
      wholeNumber("--budget-tokens", 0, 10_000_000),
    );

export const createProgram = (runWith: RunWith): Command => {
  const program = new Command("herdmind")
    .description("A local-first store of experience for teams of software agents.")
    .version(version(), "-V, --version")
    .option("--dir <directory>", "data directory (default: $HERDMIND_HOME, or herdmind in the user's data home)")
    .option("--json", "one JSON document on stdout (watch, log, export: one a line); failures as JSON on stderr")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(herdmind COMMAND --help tells more)")
    .addHelpText(
      "after",
      `${examples(
        "herdmind up                               begin a swarm here",
        "herdmind join TICKET                      take part in one, and stay as a node",
        'herdmind report --error "EADDRINUSE: address already in use" --mitigation "ask for port 0"',
        'herdmind recall "EADDRINUSE: address already in use"',
        "herdmind outcome ID --worked",
      )}\n${exitCodes}`,
    );

  const command = (spec: string, description: string, ...lines: readonly string[]): Command => {
    const made = program.command(spec).description(description);
    return lines.length === 0 ? made : made.addHelpText("after", examples(...lines));
  };
  /** Commander passes arguments, own flags, then the command itself. */
  const act = (
    made: Command,
    work: (shell: Shell, args: readonly (string | undefined)[], flags: never) => Promise<ExitCode>,
  ): void => {
    made.action((...given: unknown[]) => {
      const args = given.slice(0, -2).flat() as readonly (string | undefined)[];
      return runWith(made.optsWithGlobals<GlobalFlags>(), (shell) => work(shell, args, given.at(-2) as never));
    });
  };

  act(
    addProfileFlags(
      addHttpFlags(
        command(
          "up",
          "begin a swarm, or open the one that is there: orchestrator and relay in this process, until Ctrl-C",
          "herdmind up --name build-farm",
          "herdmind up --host 0.0.0.0 --port 4900    reachable from other machines",
          "herdmind up --host 0.0.0.0 --mesh --mdns  peers meet each other, too, and find each other on the local network",
          "herdmind up --http 4875                   also serve its dashboard and other languages",
          "herdmind up --json | head -n 1 | jq -r .ticket",
        )
          .option("--name <name>", 'what a new swarm is called (default: "herd")', name)
          .option("--host <host>", "address to listen on (default: the last one, or 127.0.0.1)")
          .option("--port <port>", "port to listen on, 0 for any (default: the last one, or 4870)", port)
          .option(
            "--advertise <address>",
            "what tickets say instead, such as wss://herd.example.com; repeat it",
            collect,
          )
          .option("--mesh", "peers also meet each other without the relay, over libp2p (remembered)")
          .option("--no-mesh", "the relay only")
          .option(
            "--mesh-port <port>",
            "TCP port of the mesh; WebSockets at the next one (default: the last one, or 4880)",
            port,
          )
          .option("--mdns", "be found on the local network"),
      ),
      "this node's work",
    ),
    async (shell, _, flags) => (await import("./up-command.js")).up(shell, flags),
  );
  act(
    addProfileFlags(
      addHttpFlags(
        command(
          "join [ticket]",
          "take part in a swarm, and stay as a node until Ctrl-C; without a ticket: the swarm that this directory knows",
          "herdmind join herdmind1.AbC...",
          "herdmind join - < ticket.txt              a ticket is a secret, and arguments are visible to others",
          "herdmind join --once                      fetch what is new, and end",
          "herdmind join --mdns --listen /ip4/0.0.0.0/tcp/4880    meet whoever is on this network",
        )
          .option("--name <name>", "what this peer is called (default: user@host)", name)
          .option("--once", "join, fetch everything, end")
          .option(
            "--mesh",
            "meet other peers without the relay, over libp2p (default: where the ticket has addresses on it)",
          )
          .option("--no-mesh", "relays only")
          .option(
            "--listen <multiaddr>",
            "where the mesh listens (default: a free port of this machine); repeat it",
            collect,
          )
          .option("--mdns", "find peers on the local network, and be found")
          .addOption(
            new Option(
              "--carry <what>",
              "what is kept for others: nothing, what canon has not taken yet, or every log",
            ).choices(["own", "swarm", "all"]),
          ),
      ),
      "this node's work",
    ),
    async (shell, [ticket], flags) => (await import("./join-command.js")).joinSwarm(shell, ticket, flags),
  );
  act(
    command(
      "dashboard",
      "open the page of this machine's node: who is here, what is known, what happens; starts the node when it is not up",
      "herdmind dashboard",
      "herdmind dashboard --no-open              over ssh: the address and a code for its sign-in",
      "herdmind dashboard --sign-out             every page has to sign in again",
    )
      .option("--no-open", "print the address and the code, and open no browser")
      .option("--sign-out", "end the sessions of all pages instead")
      .option("--stop", "the same, and serve no HTTP until it is asked for again"),
    async (shell, _, flags) => (await import("./dashboard-command.js")).dashboard(shell, flags),
  );
  act(
    command(
      "invite",
      "make a ticket for newcomers",
      "herdmind invite --expires 7d --uses 1",
      "herdmind invite --role observer",
    )
      .addOption(
        new Option("--role <role>", "what the newcomer may do (default: agent)").choices(
          ROLES.filter((role) => role !== "orchestrator"),
        ),
      )
      .option("--expires <duration>", "90s, 15m, 12h, 7d, 2w (default: never)")
      .option("--uses <count>", "how many may join with it (default: any number)", wholeNumber("--uses", 1, 1_000_000)),
    (shell, _, flags) => invite(shell, flags),
  );
  act(
    addProblemFlags(
      command(
        "report [input]",
        'tell the swarm what solved a problem; "-" reads { problem, mitigation, type?, facts?, discovery?, context? } as JSON',
        'herdmind report --error "listen EADDRINUSE: address already in use :::3000" --code EADDRINUSE --mitigation "use port 0"',
        'herdmind report --output-file build.log --mitigation "npm ci" --discovery "node_modules was stale" --wait',
        'echo \'{"problem":"tests hang","mitigation":"close the server"}\' | herdmind report -',
      ),
    )
      .option("--mitigation <text>", "what solved it")
      .option("--discovery <text>", "what the cause was")
      .option("--context <json>", "anything else, as a JSON object")
      .option("--applies-to <json>", 'whom it concerns: a query about a profile, such as \'{"tools":"pnpm"}\'')
      .option("--tag <text>", "what it has to do with; repeat it", collect)
      .option("--as <name>", "the agent on this node that says it; each has a log of its own")
      .option("--wait", "wait up to 10 s for the verdict"),
    (shell, [input], flags) => report(shell, input, flags),
  );
  act(
    addRenderFlags(
      addProblemFlags(
        command(
          "recall [error]",
          'what is known about a problem, from this machine alone; "-" reads a query as JSON',
          'herdmind recall "listen EADDRINUSE: address already in use :::8080"',
          "npm test 2>&1 | herdmind recall --output-file - --limit 1 --json",
        ),
      )
        .option("--limit <count>", "entries shown at most (default: 5)", wholeNumber("--limit", 1, 1000))
        .option("--min-score <share>", "least similarity of texts, 0 to 1", share)
        .option("--provisional", "also proposals that nobody has judged, while no orchestrator is heard")
        .option("--any-facts", "also similar texts of problems with other facts")
        .addOption(
          new Option("--similar <when>", "search similar texts (default: auto, when nothing exact is known)").choices([
            "auto",
            "always",
            "never",
          ]),
        )
        .option("--as <name>", "the agent on this node that asks"),
    ),
    (shell, [error], flags) => recall(shell, error, flags),
  );
  act(
    addRenderFlags(
      addProfileFlags(
        command(
          "prepare [task]",
          'what is worth knowing before a task, and what failed, from this machine alone; "-" reads { task, ... } as JSON',
          'herdmind prepare "refund a part of an order" --api paypal --domain billing',
          'herdmind prepare "move the build to Java 21" --fact java:=21 --render --budget-tokens 800',
        ),
        "the task",
      )
        .option("--name <name>", "what the task is called")
        .option("--fact <key=value>", "a fact of the task; repeat it; KEY:=VALUE for numbers, true, false", collect)
        .option("--limit <count>", "entries at most (default: 8)", wholeNumber("--limit", 1, 1000))
        .option("--as <name>", "the agent on this node that asks"),
    ),
    async (shell, [task], flags) => (await import("./concern-commands.js")).prepare(shell, task, flags),
  );
  act(
    command(
      "outcome [id]",
      "tell whether a recalled remedy worked",
      "herdmind outcome ID --worked",
      'herdmind outcome ID --failed --note "still in use" --wait',
    )
      .option("--worked", "it solved the problem")
      .option("--failed", "it did not")
      .option("--note <text>", "what happened")
      .option("--as <name>", "the agent on this node that says it")
      .option("--wait", "wait up to 10 s for the verdict"),
    (shell, [id], flags) => outcome(shell, id, flags),
  );
  act(
    command(
      "relevance [name]",
      "rules of the swarm about what concerns whom: lists them, or sets one in the orchestrator's directory",
      "herdmind relevance",
      'herdmind relevance gpu-for-gpu --when \'{"entry.tags":"gpu","agent.tags":{"$nin":["gpu"]}}\' --hide',
      "herdmind relevance gpu-for-gpu --off",
    )
      .option("--when <json>", "a query about an entry and an agent, in MongoDB's syntax")
      .option("--type <type>", "kind of signal that it is about; repeat it (default: all)", collect)
      .option("--show", "what matches concerns everybody")
      .option("--hide", "what matches concerns nobody")
      .option("--off", "the rule is withdrawn"),
    async (shell, [name], flags) => (await import("./concern-commands.js")).relevance(shell, name, flags),
  );
  act(
    command(
      "alias [from] [to]",
      "problems that are held to be one: lists them, or merges two, by fingerprint or by an entry's id, in the orchestrator's directory",
      "herdmind alias",
      'herdmind alias ID1 ID2 --reason "both are the broken mirror"',
      'herdmind alias ID1 ID2 --undo --reason "two mirrors"',
    )
      .option("--reason <text>", "why; it stands in canon")
      .option("--undo", "take them apart, and keep them so"),
    async (shell, args, flags) => (await import("./alias-command.js")).alias(shell, args, flags),
  );
  act(
    command(
      "watch",
      "a live feed of what happens, one line an event, until Ctrl-C: what is learned, who is here, who solves what",
      "herdmind watch",
      "herdmind watch --json | jq -c 'select(.event == \"immunized\")'",
    ),
    async (shell) => (await import("./watch-command.js")).watch(shell),
  );
  act(
    command(
      "inspect",
      "what this node holds, to look for a fault",
      "herdmind inspect",
      "herdmind inspect present",
      "herdmind inspect canon --json | jq .entries",
    ).addArgument(new Argument("[what]", "one part (default: all)").choices(INSPECTABLE)),
    (shell, [what]) => inspectNode(shell, what),
  );
  act(
    addProblemFlags(
      command(
        "replay [error]",
        "canon as it was: counts, and what a recall would have said then",
        "herdmind replay --at 120                  after the first 120 blocks of canon",
        'herdmind replay --at 2026-05-04T12:30Z "listen EADDRINUSE: address already in use :::8080"',
        'herdmind replay --at "2h ago" --json | jq .entries',
      ),
    )
      .option("--at <moment>", `a number of blocks, ${TIME_WORDS}`)
      .option("--limit <count>", "entries shown at most (default: 5)", wholeNumber("--limit", 1, 1000))
      .option("--min-score <share>", "least similarity of texts, 0 to 1", share)
      .option("--any-facts", "also similar texts of problems with other facts")
      .addOption(
        new Option("--similar <when>", "search similar texts (default: auto)").choices(["auto", "always", "never"]),
      ),
    async (shell, [error], flags) => (await import("./history-commands.js")).replay(shell, error, flags),
  );
  act(
    command(
      "why [id]",
      "the whole story of an entry, or of what a receipt named: who proposed it, what canon made of it, who tried it",
      "herdmind why ID",
      "herdmind why ID --json | jq -r '.steps[] | [.time, .chapter, .name] | @tsv'",
    ),
    async (shell, [id]) => (await import("./history-commands.js")).why(shell, id),
  );
  act(
    command(
      "log",
      "the records of canon and of the agents, each proposal right before its effects; --json: one JSON object a line",
      "herdmind log --newest --limit 20",
      "herdmind log --since 2d --writer alice --proposals",
      "herdmind log --entry ID --json | jq -c 'select(.type == \"outcome\")'",
      "herdmind log --type status --from 1000",
    )
      .option("--canon", "canon only")
      .option("--proposals", "the agents' records only")
      .option("--type <type>", "a type of record (signal, outcome, status, ...) or of signal (ERROR_RESOLVED, ...)")
      .option(
        "--writer <name>",
        "a member's name, or the beginning of its id: what it wrote, and what canon wrote of it",
      )
      .option("--author <name>", "the same")
      .option("--since <time>", TIME_WORDS)
      .option("--until <time>", "the same; by canon's clock, of what it has not judged by the author's")
      .option("--entry <id>", "what one entry was made of, and what was said of it")
      .option("--fingerprint <fingerprint>", "what was said about one problem, and its aliases")
      .option("--from <number>", "blocks of canon from this one on", wholeNumber("--from", 0, Number.MAX_SAFE_INTEGER))
      .option("--to <number>", "and before this one", wholeNumber("--to", 0, Number.MAX_SAFE_INTEGER))
      .option("--all", "also records that only keep the logs together")
      .option("--limit <count>", "at most so many", wholeNumber("--limit", 1, Number.MAX_SAFE_INTEGER))
      .option("--newest", "newest first, at most 1000 (default: 50)"),
    async (shell, _, flags) => (await import("./history-commands.js")).log(shell, flags),
  );
  act(
    command(
      "export [file]",
      'all that is held here as JSON lines, with provenance; "-" or nothing: to standard output',
      "herdmind export herd.jsonl",
      "herdmind export - | gzip > herd.jsonl.gz",
      "herdmind export units.jsonl --format cq   what canon knows, as cq knowledge units",
    )
      .option("--force", "replace the file")
      .option("--format <format>", "herdmind: all records (default); cq: knowledge units, one a line", format),
    async (shell, [file], flags) => (await import("./export-command.js")).exportHere(shell, file, flags),
  );
  act(
    command(
      "import [file]",
      'propose again what an export of another swarm holds, or cq knowledge units; never overwrites, and the same file twice adds nothing; "-": standard input',
      "herdmind import herd.jsonl --dry-run",
      "gunzip -c herd.jsonl.gz | herdmind import - --as librarian",
      "cq query --domain ci --format json | herdmind import - --format cq",
    )
      .option("--dry-run", "say what would be imported, and write nothing")
      .option("--format <format>", "herdmind: an export (default); cq: knowledge units, one a line or a list", format)
      .option("--as <name>", "the agent on this node that proposes it"),
    async (shell, [file], flags) => (await import("./import-command.js")).importFile(shell, file, flags),
  );
  addRunningCommands({ program, command, act });
  addAssistantCommands({ program, command, act });
  act(
    command(
      "doctor",
      "check every link between this machine and canon, and send a canary through the swarm and back; names the first that fails",
      "herdmind doctor",
      "herdmind doctor --no-canary --json | jq .firstFailure",
    )
      .option("--no-canary", "report nothing")
      .option("--patience <seconds>", "how long to wait for each (default: 10)", wholeNumber("--patience", 1, 60)),
    async (shell, _, flags) => (await import("./doctor-command.js")).doctor(shell, flags),
  );
  act(
    command("stop", "end the node of this directory; the next program that needs it starts it again", "herdmind stop"),
    async (shell) => (await import("./stop-command.js")).stop(shell),
  );
  act(command("stats", "counts of this node and of canon", "herdmind stats --json | jq .immunizations"), (shell) =>
    stats(shell),
  );
  return program;
};
