/** Whether what the page shows is now: said aloud when it changes, and beside everything while it is not. */

import { useFeed, useFeedState } from "../feed-context.js";
import { signOut } from "../node.js";
import { clockText } from "./figures.js";

export const LinkState = () => {
  const feed = useFeed();
  const link = useFeedState((state) => state.link);
  return (
    <div className={`link is-${link.state}`}>
      <p role="status">
        <span className="dot" aria-hidden="true" />
        {link.state === "live" ? "Live" : null}
        {link.state === "connecting" ? "Connecting to the node…" : null}
        {link.state === "away"
          ? `The node does not answer. What you see is from ${clockText(link.since)} and may be old; this page comes back by itself.`
          : null}
      </p>
      {link.state === "away" ? (
        <button type="button" className="button is-small" onClick={feed.connect}>
          Try now
        </button>
      ) : null}
      {link.state === "live" ? (
        <button type="button" className="as-link" onClick={() => void signOut().then(() => feed.signOut())}>
          Sign out
        </button>
      ) : null}
    </div>
  );
};
