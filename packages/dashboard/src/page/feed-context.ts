import { createContext, useContext, useSyncExternalStore } from "react";
import type { Feed, FeedState } from "./feed.js";

export const FeedContext = createContext<Feed | undefined>(undefined);

export const useFeed = (): Feed => {
  const feed = useContext(FeedContext);
  if (feed === undefined) throw new Error("The feed stands around the whole page.");
  return feed;
};

/** A part of the feed's state; drawn again only when that part changes. */
export const useFeedState = <T>(select: (state: FeedState) => T): T => {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => select(feed.state()));
};
