/** Who holds what: a row for each agent, a square for each entry that any of them holds. */
import { element } from "./element.js";
import { type Snapshot, TEAM } from "./team.js";

export interface BoardView {
  readonly root: HTMLElement;
  show(byAgent: ReadonlyMap<string, Snapshot>): void;
}

/** Squares that fit a row; older entries are counted in words. */
const MAX_SQUARES = 36;

const stateOf = (snapshot: Snapshot | undefined): string =>
  snapshot === undefined
    ? "no tab"
    : snapshot.isSwitchedOff
      ? "offline"
      : snapshot.isConnected
        ? "online"
        : "connecting";

const verdictOf = (snapshots: readonly Snapshot[], entries: number): string => {
  if (snapshots.length === 0) return "No agent is running yet.";
  const waiting = snapshots.reduce((sum, { own }) => sum + own.filter(({ isInCanon }) => !isInCanon).length, 0);
  const behind = snapshots.filter((snapshot) => snapshot.entries.length < entries).length;
  if (waiting === 0 && behind === 0)
    return snapshots.length === 1
      ? `One agent, ${entries} ${entries === 1 ? "entry" : "entries"}. Open another to see them converge.`
      : `All ${snapshots.length} agents hold the same ${entries} ${entries === 1 ? "entry" : "entries"}.`;
  return [
    behind > 0 ? `${behind} ${behind === 1 ? "agent lacks" : "agents lack"} entries that others hold` : undefined,
    waiting > 0 ? `${waiting} ${waiting === 1 ? "record waits" : "records wait"} to be taken into canon` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(", ")
    .concat(".");
};

export const boardView = (): BoardView => {
  const rows = element("div", { class: "board" });
  const verdict = element("p", { class: "verdict", role: "status" });
  return {
    root: element(
      "div",
      {},
      rows,
      verdict,
      element(
        "p",
        { class: "legend" },
        element("span", { class: "square held" }),
        " held here ",
        element("span", { class: "square" }),
        " not here yet ",
        element("span", { class: "square waiting" }),
        " written here, waits for the network",
      ),
    ),
    show: (byAgent) => {
      const snapshots = [...byAgent.values()];
      const titlesById = new Map(
        snapshots.flatMap(({ entries }) => entries.map(({ id, title }) => [id, title] as const)),
      );
      const all = [...titlesById].slice(-MAX_SQUARES);
      rows.replaceChildren(
        ...TEAM.map(({ key, name }) => {
          const snapshot = byAgent.get(key);
          const state = stateOf(snapshot);
          const held = new Set(snapshot?.entries.map(({ id }) => id));
          const waiting = snapshot?.own.filter(({ isInCanon }) => !isInCanon) ?? [];
          const said =
            snapshot === undefined
              ? "no tab is open"
              : `${state}, holds ${held.size} of ${titlesById.size} entries, ${waiting.length} waiting`;
          return element(
            "div",
            { class: `row agent-${key}`, role: "img", "aria-label": `${name}: ${said}` },
            element("span", { class: "who" }, name),
            element("span", { class: `state ${state.replace(" ", "-")}` }, state),
            element(
              "span",
              { class: "squares" },
              ...(snapshot === undefined
                ? []
                : all.map(([id, title]) => element("span", { class: held.has(id) ? "square held" : "square", title }))),
              ...waiting.map(({ text }) => element("span", { class: "square waiting", title: text })),
            ),
            element("span", { class: "blocks" }, snapshot === undefined ? "" : `canon: ${snapshot.blocks} blocks`),
          );
        }),
      );
      verdict.textContent = verdictOf(snapshots, titlesById.size);
    },
  };
};
