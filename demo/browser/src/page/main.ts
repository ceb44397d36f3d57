/** Which page this is: one of the agents', or the first one. */
import { showAgent } from "./agent-page.js";
import { element } from "./element.js";
import { showStart } from "./start-page.js";
import { findAgent } from "./team.js";

const main = document.getElementById("main");
if (main === null) throw new Error("index.html has a main element");

const agent = findAgent(new URL(location.href).searchParams.get("agent"));
// Without it the page works as well, but a reload needs the network.
navigator.serviceWorker?.register("/offline.js").catch(() => undefined);
if (agent === undefined) showStart(main);
else {
  showAgent(main, agent).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    main.replaceChildren(
      element(
        "section",
        { class: "card" },
        element("h1", {}, `${agent.name} could not start`),
        element("p", {}, message),
      ),
    );
  });
}
