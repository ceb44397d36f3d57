/** One agent: its network switch, the problems it can meet, what it does, what it knows. */
import { boardView } from "./board-view.js";
import { element } from "./element.js";
import { createNetworkSwitch } from "./network-switch.js";
import { openAgent } from "./open-agent.js";
import { PROBLEMS } from "./problems.js";
import { takeSnapshot } from "./snapshot.js";
import { createBoard, type DemoAgent, type Snapshot, TEAM } from "./team.js";
import { createWork } from "./work.js";

/** Milliseconds between looks at the node, beside its events: a head that moves is no event of its own. */
const LOOK_MS = 400;

export const showAgent = async (main: HTMLElement, agent: DemoAgent): Promise<void> => {
  const { key, name } = agent;
  document.title = `${name} · Herdmind`;
  main.className = `agent-${key}`;
  main.replaceChildren(element("p", { class: "card" }, `${name} is opening ...`));

  const started = performance.now();
  const network = createNetworkSwitch(key, () => void look());
  const { peer, isNew } = await openAgent(agent, network.transport);
  const openMs = performance.now() - started;

  const board = createBoard(
    () => show(),
    () => {
      const own = board.byAgent.get(key);
      if (own !== undefined && peer.leads) board.tell(key, own);
    },
  );
  const names = new Map<string, string>();
  const work = createWork(name, peer, (id) =>
    id === peer.id ? `${name}'s own` : `by ${names.get(id) ?? "another agent"}`,
  );
  const view = boardView();

  const state = element("span", { class: "state", role: "status" });
  const role = element("span", { class: "role" });
  const toggle = element("button", {
    class: "switch",
    type: "button",
    role: "switch",
    "aria-label": "Network",
    click: () => void network.turn(!network.isOff),
  });
  const known = element("ul", { class: "known" });
  const own = element("ul", { class: "own" });
  const hint = element("p", { class: "hint" });

  const show = (): void => {
    const snapshot = board.byAgent.get(key);
    const isOff = network.isOff;
    const isConnected = snapshot?.isConnected === true && !isOff;
    toggle.setAttribute("aria-checked", String(!isOff));
    toggle.textContent = isOff ? "Network off" : "Network on";
    state.textContent = isOff ? "offline" : isConnected ? "online" : "connecting";
    state.className = `state ${state.textContent}`;
    role.textContent = peer.leads ? "this tab holds the log" : "works through another tab";
    const waiting = snapshot?.own.filter(({ isInCanon }) => !isInCanon).length ?? 0;
    hint.textContent = isOff
      ? `${name} is off the network. Recall and report go on; ${waiting === 0 ? "nothing waits" : `${waiting} ${waiting === 1 ? "record waits" : "records wait"}`}. Reload this tab to see that all is still here.`
      : isConnected
        ? waiting === 0
          ? `${name} and the swarm hold the same.`
          : "Handing over what was written ..."
        : "Looking for the relay ...";
    known.replaceChildren(...listOf(snapshot));
    own.replaceChildren(...ownOf(snapshot));
    view.show(board.byAgent);
  };

  let said = "";
  let isLooking = false;
  /** Looks at the node, when this tab holds it, and tells all tabs what is new. */
  const look = async (): Promise<void> => {
    const { node } = peer;
    if (node === undefined || isLooking) return show();
    isLooking = true;
    try {
      const snapshot = await takeSnapshot(agent, node, network.isOff);
      for (const [id, member] of node.canon.view.members) if (member.name !== undefined) names.set(id, member.name);
      const text = JSON.stringify(snapshot);
      if (text !== said) board.tell(key, snapshot);
      said = text;
    } finally {
      isLooking = false;
    }
  };

  const others = TEAM.filter((other) => other.key !== key);
  main.replaceChildren(
    element(
      "header",
      { class: "agent" },
      element("h1", {}, name),
      state,
      role,
      element("span", { class: "gap" }),
      toggle,
      element("button", { class: "button quiet", type: "button", click: () => location.reload() }, "Reload tab"),
    ),
    hint,
    element(
      "div",
      { class: "columns" },
      element(
        "section",
        { class: "card" },
        element("h2", {}, "Meet a problem"),
        element(
          "div",
          { class: "problems" },
          ...PROBLEMS.map((problem) =>
            element(
              "button",
              { class: "problem", type: "button", click: () => void work.meet(problem) },
              element("strong", {}, problem.label),
              element("code", {}, problem.error.message),
            ),
          ),
        ),
        element("h2", {}, `What ${name} is doing`),
        work.root,
      ),
      element(
        "section",
        { class: "card" },
        element("h2", {}, "Who holds what"),
        view.root,
        element("h2", {}, `What ${name} knows`),
        known,
        element("h2", {}, `${name}'s own log`),
        own,
      ),
    ),
    element(
      "footer",
      {},
      ...others.map((other) =>
        element(
          "a",
          { class: `button quiet agent-${other.key}`, href: `/?agent=${other.key}`, target: "_blank" },
          `Open ${other.name}`,
        ),
      ),
      element("a", { class: "button quiet", href: `/?agent=${key}`, target: "_blank" }, `A second tab of ${name}`),
      element("a", { class: "button quiet", href: "/" }, "How it works"),
    ),
  );

  work.note(
    isNew
      ? `${name} joined the swarm with a ticket. The key was made here and cannot be exported.`
      : `${name} came back from this browser's own disk in ${openMs.toFixed(0)} ms, ${network.isOff ? "without a network" : "then looked for the relay"}.`,
  );
  peer.on("immunized", (entry) => {
    if (entry.author !== peer.id) work.note(`New in canon: ${entry.title}`);
    void look();
  });
  peer.on("tab", ({ role: now }) => {
    if (now === "leader") work.note("The tab that held the log is gone: this one took over.");
    void look();
  });
  peer.on("verdict", look);
  peer.on("connection", look);
  addEventListener("pagehide", () => {
    if (peer.leads) board.tell(key, undefined);
  });
  setInterval(() => void look(), LOOK_MS);
  show();
  await look();
};

const listOf = (snapshot: Snapshot | undefined): readonly HTMLElement[] =>
  snapshot === undefined || snapshot.entries.length === 0
    ? [element("li", { class: "none" }, "Nothing yet.")]
    : [...snapshot.entries]
        .reverse()
        .map(({ title, remedy, author }) =>
          element(
            "li",
            {},
            element("code", {}, title),
            element("span", {}, remedy),
            element("small", {}, `by ${author}`),
          ),
        );

const ownOf = (snapshot: Snapshot | undefined): readonly HTMLElement[] =>
  snapshot === undefined || snapshot.own.length === 0
    ? [element("li", { class: "none" }, "Nothing written yet.")]
    : [...snapshot.own]
        .reverse()
        .map(({ text, isInCanon }) =>
          element(
            "li",
            { class: isInCanon ? "taken" : "waiting" },
            element("span", { class: isInCanon ? "square held" : "square waiting" }),
            element("span", {}, text),
            element("small", {}, isInCanon ? "in canon" : "waits"),
          ),
        );
