/**
 * Several tabs, one node. The tab that holds the Web Lock `herdmind/<dir>` leads: it opens the node, and the others ask it. When it
 * closes or crashes the browser gives the lock to the next tab at once, which opens the node from the same databases and says
 * that it leads; every tab then asks again for what has no answer yet.
 *
 * There is no timeout here, and no lock is stolen: two tabs that write one log would fork it. A leader that hangs (a dialogue, a
 * debugger) makes the others wait.
 */
import { type JsonObject, type JsonValue, type Refusal, refuse } from "@herdmind/protocol";
import { refusalError } from "../failure.js";
import { type Message, readMessage, type Self, type ToldEvent, writeMessage } from "./messages.js";

/** What the leading tab does for all tabs, itself included. */
export interface Lead {
  readonly self: Self;
  /** `news`: tells the caller what happens later. Throws a `HerdmindError`, or an error for people. */
  serve(tab: string, call: Call, news: (news: JsonValue | undefined) => void): Promise<JsonValue | undefined>;
  /** A tab was closed, or has crashed: nothing that it waited for is needed any more. */
  gone(tab: string): void;
  close(): Promise<void>;
}

export interface Call {
  readonly id: number;
  readonly op: string;
  readonly args: JsonObject;
}

export interface TabLinkOptions {
  readonly dir: string;
  /** Opens the node, in the tab that leads. `first`: before this tab ever knew a peer. */
  readonly open: (first: boolean, tellAll: (name: ToldEvent, event: JsonObject) => void) => Promise<Lead>;
  /** An event of the node in another tab. */
  readonly onEvent: (name: ToldEvent, event: JsonObject) => void;
  readonly onRole: (role: "leader" | "follower") => void;
  /** For people who look for faults. */
  readonly onTrouble: (message: string) => void;
}

export interface Watch {
  /** Tells the leader something about what is watched. */
  tell(args: JsonObject): void;
  end(): void;
}

export interface TabLink {
  readonly self: Self;
  readonly leads: boolean;
  /** Answers when a leader has answered; `again` is set in the arguments when it was sent to a leader that is gone. */
  call(op: string, args: JsonObject): Promise<JsonValue | undefined>;
  /** Calls, and calls each new leader again, until `end`. What is asked may depend on when: it is made for each of them. */
  watch(
    op: string,
    args: () => JsonObject,
    onNews: (news: JsonValue | undefined) => void,
    /** The leader would not watch it, or this tab is closed. */
    onFailed?: () => void,
  ): Watch;
  close(): Promise<void>;
}

interface Outstanding extends Call {
  /** The reign that it was sent to. */
  sentTo: string | undefined;
  readonly resolve: (value: JsonValue | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Watched {
  readonly id: number;
  readonly op: string;
  readonly args: () => JsonObject;
  readonly onNews: (news: JsonValue | undefined) => void;
  readonly onFailed: () => void;
}

/** Milliseconds before a tab that could not open the node asks for the lock again: others may try first. */
const RETRY_MS = 1000;

const randomId = (): string => crypto.randomUUID();

const closed = () => refusalError(refuse("S5", "none", "This peer is closed. Join or open it again."));

/** Resolves when a tab leads: this one, or another one that answered. Rejects when this tab leads and cannot open the node. */
export const createTabLink = async ({ dir, open, onEvent, onRole, onTrouble }: TabLinkOptions): Promise<TabLink> => {
  const name = `herdmind/${dir}`;
  const tab = randomId();
  const ending = new AbortController();
  const lifeOf = (of: string): string => `${name}/tab/${of}`;
  const alive = Promise.withResolvers<void>();
  // Before it says anything: a leader that heard of this tab first would take it for gone.
  await new Promise<void>((taken, failed) => {
    navigator.locks
      .request(lifeOf(tab), () => {
        taken();
        return alive.promise;
      })
      .catch(failed);
  });
  const channel = new BroadcastChannel(name);
  const outstandingById = new Map<number, Outstanding>();
  const watchedById = new Map<number, Watched>();
  let nextId = 0;
  /** This tab's node, while it leads. */
  let own: { readonly lead: Lead; readonly term: string } | undefined;
  let leader: { readonly tab: string; readonly term: string } | undefined;
  let self: Self | undefined;
  const ready = Promise.withResolvers<void>();
  // Whoever started this hears of it; there may be nobody yet.
  ready.promise.catch(() => undefined);

  const say = (said: Parameters<typeof writeMessage>[1]): boolean => {
    const text = writeMessage(tab, said);
    if (text !== undefined && !ending.signal.aborted) channel.postMessage(text);
    return text !== undefined;
  };

  const failureOf = (error: unknown): { readonly message: string; readonly refusal?: Refusal } =>
    error instanceof Error
      ? { message: error.message, ...("refusal" in error ? { refusal: error.refusal as Refusal } : {}) }
      : { message: String(error) };

  const tooLong = refuse("L7", "none", "This is too much for one message between tabs: ask for less, or report less.");

  /** Tabs whose end this tab hears of, while it leads. */
  const served = new Set<string>();
  /** A tab holds a lock of its own for as long as it lives: the browser gives it to the leader when the tab is gone, however it went. */
  const noticeEnd = (lead: Lead, of: string): void => {
    if (served.has(of)) return;
    served.add(of);
    navigator.locks
      .request(lifeOf(of), { signal: ending.signal }, () => {
        served.delete(of);
        lead.gone(of);
      })
      // This tab ends first.
      .catch(() => undefined);
  };

  /** The leader serves a call of another tab. */
  const serveOther = async (lead: Lead, to: string, call: Call): Promise<void> => {
    const { id } = call;
    noticeEnd(lead, to);
    try {
      const value = await lead.serve(to, call, (news) => say({ t: "news", to, id, news }));
      if (!say({ t: "answer", to, id, value })) throw refusalError(tooLong);
    } catch (error) {
      say({ t: "answer", to, id, failed: failureOf(error) });
    }
  };

  const settle = (id: number, result: (one: Outstanding) => void): void => {
    const one = outstandingById.get(id);
    if (one === undefined) return;
    outstandingById.delete(id);
    result(one);
  };

  /** Gives a call to whoever leads; nobody does: it waits for the next leader. */
  const give = (
    call: Call,
    answered: (value: JsonValue | undefined) => void,
    failed: (error: unknown) => void,
  ): void => {
    if (own !== undefined) {
      const { lead } = own;
      lead
        .serve(tab, call, (news) => watchedById.get(call.id)?.onNews(news))
        .then(
          // A node that is being closed answers as it ends; the next leader knows better.
          (value) => own?.lead === lead && answered(value),
          (error: unknown) => own?.lead === lead && failed(error),
        );
    } else if (leader !== undefined && !say({ t: "call", to: leader.tab, ...call })) failed(refusalError(tooLong));
  };

  const send = (one: Outstanding): void => {
    const term = own?.term ?? leader?.term;
    if (term === undefined || one.sentTo === term) return;
    const again = one.sentTo !== undefined;
    one.sentTo = term;
    give(
      { id: one.id, op: one.op, args: again ? { ...one.args, again } : one.args },
      (value) => settle(one.id, ({ resolve }) => resolve(value)),
      (error) => settle(one.id, ({ reject }) => reject(error)),
    );
  };

  const ask = ({ id, op, args, onFailed }: Watched): void => give({ id, op, args: args() }, () => undefined, onFailed);

  const newReign = (): void => {
    for (const watched of watchedById.values()) ask(watched);
    for (const one of [...outstandingById.values()]) send(one);
    ready.resolve();
  };

  const take = (message: Message): void => {
    switch (message.t) {
      case "who":
        if (own !== undefined) say({ t: "lead", term: own.term, self: own.lead.self });
        break;
      case "lead":
        if (own !== undefined || leader?.term === message.term) break;
        leader = { tab: message.from, term: message.term };
        self = message.self;
        newReign();
        onRole("follower");
        break;
      case "call":
        if (own !== undefined && message.to === tab && !ending.signal.aborted)
          void serveOther(own.lead, message.from, message);
        break;
      case "answer":
        if (message.to !== tab || message.from !== leader?.tab) break;
        if (message.failed !== undefined) watchedById.get(message.id)?.onFailed();
        settle(message.id, ({ resolve, reject }) => {
          const { failed } = message;
          if (failed === undefined) resolve(message.value);
          else if (failed.refusal === undefined) reject(new Error(failed.message));
          else reject(refusalError({ ok: false, refusal: failed.refusal }));
        });
        break;
      case "news":
        if (message.to === tab && message.from === leader?.tab) watchedById.get(message.id)?.onNews(message.news);
        break;
      case "event":
        if (message.from === leader?.tab) onEvent(message.name, message.event);
    }
  };
  channel.onmessage = ({ data }) => {
    const message = readMessage(data);
    if (message === "other")
      onTrouble("Another tab of this origin runs another version of herdmind: reload or close it.");
    else if (message !== undefined) take(message);
  };

  /** Leads until this tab closes. The lock is held from before the node is opened until after it is closed. */
  const reign = async (): Promise<void> => {
    const lead = await open(self === undefined, (event, body) => {
      // An event that is too long for a message is not worth a tab: stats and recall have it.
      say({ t: "event", name: event, event: body });
    });
    if (ending.signal.aborted) return lead.close();
    own = { lead, term: randomId() };
    leader = undefined;
    self = lead.self;
    say({ t: "lead", term: own.term, self });
    newReign();
    onRole("leader");
    await new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve(), { once: true }));
    // What this tab asked for before it closed is answered; what others asked for, they ask the next leader again.
    await lead.close();
    own = undefined;
  };

  const waitForLock = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await navigator.locks.request(name, { signal: ending.signal }, reign);
      } catch (error) {
        if (ending.signal.aborted) throw error;
        const isFirst = self === undefined;
        ready.reject(error);
        if (isFirst) return;
        onTrouble(`This tab could not take over: ${failureOf(error).message}`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };
  const running = waitForLock().catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  });
  running.catch(() => undefined);
  say({ t: "who" });

  const close = async (): Promise<void> => {
    ending.abort(new DOMException("closed", "AbortError"));
    try {
      await running;
    } finally {
      for (const id of [...outstandingById.keys()]) settle(id, ({ reject }) => reject(closed()));
      for (const { onFailed } of [...watchedById.values()]) onFailed();
      watchedById.clear();
      channel.close();
      alive.resolve();
    }
  };
  try {
    await ready.promise;
  } catch (error) {
    await close();
    throw error;
  }

  return {
    get self() {
      return self as Self;
    },
    get leads() {
      return own !== undefined;
    },
    call: (op, args) =>
      new Promise((resolve, reject) => {
        if (ending.signal.aborted) return reject(closed());
        const one: Outstanding = { id: nextId++, op, args, sentTo: undefined, resolve, reject };
        outstandingById.set(one.id, one);
        send(one);
      }),
    watch: (op, args, onNews, onFailed = () => undefined) => {
      const watched: Watched = { id: nextId++, op, args, onNews, onFailed };
      watchedById.set(watched.id, watched);
      ask(watched);
      const tell = (op: string, args: JsonObject): void =>
        give(
          { id: nextId++, op, args: { ...args, id: watched.id } },
          () => undefined,
          () => undefined,
        );
      return {
        tell: (about) => tell("tell", about),
        end: () => {
          if (watchedById.delete(watched.id)) tell("unwatch", {});
        },
      };
    },
    close,
  };
};
