/** Verbs as queries of React: kept while they are asked again, and asked again when the feed says that their answer has changed. */
import {
  keepPreviousData,
  QueryCache,
  QueryClient,
  queryOptions,
  type UseQueryResult,
  useQuery,
} from "@tanstack/react-query";
import type { Feed, FeedEvent } from "./feed.js";
import { ask, type Failure, type Verbs } from "./node.js";

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: Failure;
  }
}

/** What an event of the feed changes. Others change nothing that is asked for. */
const CHANGED: { readonly [event: string]: readonly (keyof Verbs)[] } = {
  immunized: ["overview", "entries", "graph", "timeline"],
  status: ["overview", "entries", "why", "graph", "timeline", "alarms"],
  evidence: ["entries", "why", "graph", "timeline"],
  member: ["members", "timeline", "alarms"],
  verdict: ["overview", "alarms", "why"],
  refused: ["overview", "alarms"],
  alarm: ["overview", "alarms"],
  withdrawn: ["overview", "entries", "why", "graph", "timeline", "alarms"],
  present: ["overview", "members"],
  claim: ["members"],
  missed: ["overview", "entries", "why", "graph", "timeline", "alarms", "members"],
};

/** A burst of events asks once. */
const ASK_AGAIN_MS = 1000;

export const createClient = (feed: Feed): QueryClient => {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onError: (failure) => {
        if (failure.kind === "signed-out") feed.signOut();
      },
    }),
    defaultOptions: {
      // The node is on this machine: whether there is a network says nothing. A try that failed is repeated when the feed is back.
      queries: { networkMode: "always", retry: false, refetchOnWindowFocus: false, staleTime: 30_000, gcTime: 300_000 },
    },
  });
  const stale = new Set<keyof Verbs>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const askAgain = (): void => {
    timer = undefined;
    const verbs = new Set<unknown>(stale);
    stale.clear();
    void client.invalidateQueries({
      predicate: ({ queryKey: [verb, input] }) => verbs.has(verb) && !isOfThePast(input),
    });
  };
  feed.onEvent((event: FeedEvent | undefined) => {
    if (event === undefined) {
      void client.invalidateQueries();
      return;
    }
    for (const verb of CHANGED[event.event] ?? []) stale.add(verb);
    if (stale.size > 0 && timer === undefined) timer = setTimeout(askAgain, ASK_AGAIN_MS);
  });
  return client;
};

/** What canon was does not change. */
const isOfThePast = (input: unknown): boolean =>
  typeof input === "object" && input !== null && "atBlocks" in input && input.atBlocks !== undefined;

export const verbQuery = <Name extends keyof Verbs>(verb: Name, input: Verbs[Name]["input"]) =>
  queryOptions({
    queryKey: [verb, input] as const,
    queryFn: async ({ signal }): Promise<Verbs[Name]["answer"]> => {
      const answer = await ask(verb, input, signal);
      if (answer.ok) return answer.value;
      throw answer.failure;
    },
  });

/** `everyMs`: for what changes without an event, such as how fresh canon is. */
export const useVerb = <Name extends keyof Verbs>(
  verb: Name,
  input: Verbs[Name]["input"],
  { everyMs, isAsked = true }: { readonly everyMs?: number; readonly isAsked?: boolean } = {},
): UseQueryResult<Verbs[Name]["answer"], Failure> =>
  useQuery({
    ...verbQuery(verb, input),
    enabled: isAsked,
    placeholderData: keepPreviousData,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
