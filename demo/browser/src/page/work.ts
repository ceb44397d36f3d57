/** An agent meets a problem: what `attempt` does, step by step, on the screen. */
import type { BrowserPeer, Receipt } from "herdmind/browser";
import { element } from "./element.js";
import type { DemoProblem } from "./problems.js";

export interface Work {
  readonly root: HTMLElement;
  meet(problem: DemoProblem): Promise<void>;
  /** A line about something else that happened. */
  note(text: string): void;
}

/** Lines kept on the screen. */
const MAX_LINES = 60;

export const createWork = (name: string, peer: BrowserPeer, authorOf: (id: string) => string): Work => {
  const lines = element("ol", { class: "lines", role: "log", "aria-label": `What ${name} is doing` });
  const desk = element("div", { class: "desk" });
  let busy = false;

  const line = (kind: string, text: string): void => {
    const time = new Date().toLocaleTimeString([], { hour12: false });
    lines.append(element("li", { class: kind }, element("time", {}, time), element("span", {}, text)));
    while (lines.childElementCount > MAX_LINES) lines.firstElementChild?.remove();
    lines.scrollTop = lines.scrollHeight;
  };

  /** Asks the visitor for a remedy; `undefined`: left alone, or the swarm was faster. */
  const askForRemedy = (problem: DemoProblem, learned: AbortSignal): Promise<string | undefined> =>
    new Promise((resolve) => {
      const input = element("textarea", { id: "remedy", rows: "2", required: true });
      input.value = problem.remedy;
      const end = (remedy: string | undefined): void => {
        desk.replaceChildren();
        resolve(remedy);
      };
      learned.addEventListener("abort", () => {
        line("good", "Somebody else reported a remedy meanwhile.");
        end(undefined);
      });
      desk.replaceChildren(
        element(
          "form",
          {
            submit: (event) => {
              event.preventDefault();
              end(input.value.trim() === "" ? undefined : input.value.trim());
            },
          },
          element("label", { for: "remedy" }, `${name} works on it. What cures it?`),
          input,
          element(
            "div",
            { class: "actions" },
            element("button", { class: "button", type: "submit" }, "This cures it: report"),
            element("button", { class: "button quiet", type: "button", click: () => end(undefined) }, "Leave it"),
          ),
        ),
      );
      input.focus();
    });

  const tellReceipt = (receipt: Receipt, kind: "report" | "outcome", ms: number): void => {
    if (!receipt.ok) {
      line("bad", `Refused: ${receipt.refusal.message}`);
      return;
    }
    const what = kind === "report" ? "remedy" : "outcome";
    line("good", `Its ${what} is signed and on disk in this browser (${ms.toFixed(0)} ms).`);
    if (receipt.redactions.length > 0) line("good", `${receipt.redactions.length} secret was removed before signing.`);
    void receipt.verdict.then(({ status }) => line("good", `Canon has judged that ${what}: ${status}.`));
  };

  const meet = async (problem: DemoProblem): Promise<void> => {
    if (busy) return line("bad", "One problem at a time: report a remedy, or leave this one.");
    busy = true;
    let isCured = false;
    line("start", `${name} meets: ${problem.error.message}`);
    let since = performance.now();
    try {
      await peer.attempt(
        { name: problem.label },
        () => {
          if (!isCured) throw problem.error;
        },
        {
          apply: (entry) => {
            const ms = (performance.now() - since).toFixed(1);
            if (entry.provisional === true)
              line("plain", "No orchestrator is heard: proposals count that nobody has judged yet.");
            line(
              "good",
              `Recalled in ${ms} ms, without the network: "${entry.mitigation.text}" (${authorOf(entry.author)})`,
            );
            line("good", "Applied. It works.");
            isCured = true;
            since = performance.now();
          },
          solve: async (_error, { learned }) => {
            line("plain", `Nobody knows it yet (asked in ${(performance.now() - since).toFixed(1)} ms).`);
            const remedy = await askForRemedy(problem, learned);
            if (remedy === undefined) return undefined;
            isCured = true;
            since = performance.now();
            return { mitigation: remedy };
          },
          // Off the network, an agent may use what it and others proposed.
          provisional: true,
          onReceipt: (receipt, kind) => tellReceipt(receipt, kind, performance.now() - since),
        },
      );
    } catch (error) {
      if (error === problem.error) line("plain", "Left alone: nothing was reported.");
      else line("bad", error instanceof Error ? error.message : String(error));
    } finally {
      busy = false;
    }
  };

  return { root: element("div", {}, lines, desk), meet, note: (text) => line("plain", text) };
};
