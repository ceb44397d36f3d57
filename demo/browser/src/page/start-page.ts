/** The first page: says what this is, and opens agents. */
import { boardView } from "./board-view.js";
import { element } from "./element.js";
import { createBoard, TEAM } from "./team.js";

const step = (title: string, text: string): HTMLElement =>
  element("li", {}, element("strong", {}, title), element("span", {}, text));

export const showStart = (main: HTMLElement): void => {
  document.title = "Herdmind in a browser";
  const view = boardView();
  const board = createBoard(
    () => view.show(board.byAgent),
    () => undefined,
  );
  main.replaceChildren(
    element(
      "header",
      { class: "intro" },
      element("h1", {}, "Agents that share what they learn, also without a network"),
      element(
        "p",
        {},
        "Each agent is a browser tab with its own signed log, kept in this browser. What one of them solves, the others know a moment later. A swarm and its relay run in the process that serves this page; nothing leaves this machine.",
      ),
    ),
    element(
      "section",
      { class: "card" },
      element("h2", {}, "Start two or three agents"),
      element(
        "div",
        { class: "agents" },
        ...TEAM.map(({ key, name }) =>
          element("a", { class: `button agent-${key}`, href: `/?agent=${key}`, target: "_blank" }, `Open ${name}`),
        ),
      ),
      element(
        "ol",
        { class: "steps" },
        step("Let Ada meet a problem. ", "Nobody knows it, so she solves it and reports the remedy."),
        step("Let Ben meet the same one. ", "He recalls Ada's remedy at once."),
        step("Switch Ada's network off. ", "She goes on working: recall and report need no network."),
        step("Reload Ada's tab while it is off. ", "Everything she knows and wrote is still there."),
        step("Switch it on again. ", "Her log travels, and all tabs hold the same canon."),
      ),
    ),
    element("section", { class: "card" }, element("h2", {}, "Who holds what"), view.root),
  );
  view.show(board.byAgent);
};
