// The page of a node: starts the feed, and shows what it and the verbs say.
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "./asking.js";
import { createFeed } from "./feed.js";
import { FeedContext } from "./feed-context.js";
import { takeCode } from "./given-code.js";
import { signIn, watch } from "./node.js";
import { Shell } from "./shell.js";
import { applyTheme, storedTheme } from "./theme.js";

applyTheme(storedTheme());
const feed = createFeed({ watch, now: Date.now });
const client = createClient(feed);
// Before anything is drawn: what is drawn asks the node, which would answer that nobody is signed in.
const code = takeCode();
const problem = code === undefined ? undefined : await signIn(code);
if (problem === undefined) feed.connect();
else feed.signOut(problem);

createRoot(document.getElementById("page") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <FeedContext value={feed}>
        <Shell />
      </FeedContext>
    </QueryClientProvider>
  </StrictMode>,
);
