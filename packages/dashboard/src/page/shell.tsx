/** What stands around every view: where one is, whether the node answers, which moment is shown, and the way elsewhere. */
import { lazy, Suspense, useEffect, useRef } from "react";
import { useVerb } from "./asking.js";
import { useFeedState } from "./feed-context.js";
import { Broken } from "./parts/broken.js";
import { Foreign } from "./parts/foreign.js";
import { Icon, type IconName } from "./parts/icon.js";
import { LinkState } from "./parts/link-state.js";
import { MomentBar } from "./parts/moment-bar.js";
import { Loading } from "./parts/notice.js";
import { ThemeSwitch } from "./parts/theme-switch.js";
import { hrefOf, momentOf, useRoute, type ViewName } from "./route.js";
import { SignIn } from "./sign-in.js";

const TITLES: { readonly [view in ViewName]: string } = {
  overview: "Overview",
  feed: "Live feed",
  entries: "Entries",
  graph: "Problem graph",
  timeline: "Timeline",
  alarms: "Refusals and alarms",
  members: "Members",
};

const ICONS: { readonly [view in ViewName]: IconName } = {
  overview: "overview",
  feed: "feed",
  entries: "entries",
  graph: "graph",
  timeline: "timeline",
  alarms: "alarm",
  members: "members",
};

const LOAD: { readonly [view in ViewName]: () => Promise<{ readonly default: React.ComponentType }> } = {
  overview: () => import("./views/overview.js"),
  feed: () => import("./views/feed-view.js"),
  entries: () => import("./views/entries-view.js"),
  graph: () => import("./views/graph-view.js"),
  timeline: () => import("./views/timeline-view.js"),
  alarms: () => import("./views/alarms-view.js"),
  members: () => import("./views/members-view.js"),
};
const VIEW = Object.fromEntries(Object.entries(LOAD).map(([name, load]) => [name, lazy(load)])) as {
  readonly [view in ViewName]: React.LazyExoticComponent<React.ComponentType>;
};

/** The other views, once the first one stands: a node that ends later must not take away what was not looked at yet. */
const loadAll = (): void => {
  for (const load of Object.values(LOAD)) load().catch(() => undefined); // asked for again by whoever goes there
};
/** Milliseconds until then: the first view is drawn by half of it. */
const LOAD_ALL_MS = 1500;

/** These show canon as it was, when a moment is chosen; the others always show now. */
const SHOW_MOMENTS: ReadonlySet<ViewName> = new Set(["overview", "entries", "timeline"]);

const Navigation = ({ view, at }: { readonly view: ViewName; readonly at: number | undefined }) => (
  <nav className="nav" aria-label="Views">
    <ul>
      {(Object.keys(TITLES) as ViewName[]).map((name) => (
        <li key={name}>
          <a href={hrefOf(name, { at })} aria-current={name === view ? "page" : undefined}>
            <Icon name={ICONS[name]} />
            <span>{TITLES[name]}</span>
          </a>
        </li>
      ))}
    </ul>
  </nav>
);

const Brand = () => {
  const { data } = useVerb("overview", {});
  return (
    <div className="brand">
      <Icon name="herd" />
      <div>
        <strong>Herdmind</strong>
        <span className="brand-swarm">
          {data === undefined ? "\u2026" : <Foreign text={data.swarmName} max={40} />}
        </span>
      </div>
    </div>
  );
};

const Pages = () => {
  const route = useRoute();
  const { view } = route;
  const at = momentOf(route);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(view);
  const isOld = useFeedState(({ link }) => link.state === "away");
  useEffect(() => {
    document.title = `${TITLES[view]} \u00b7 Herdmind`;
    // Somebody who went to another view by keyboard or by ear goes on from its heading, not from the link.
    if (shown.current !== view) heading.current?.focus();
    shown.current = view;
  }, [view]);
  useEffect(() => {
    const timer = setTimeout(loadAll, LOAD_ALL_MS);
    return () => clearTimeout(timer);
  }, []);
  const View = VIEW[view];
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => heading.current?.focus()}>
        Skip to content
      </button>
      <header className="side">
        <Brand />
        <Navigation view={view} at={at} />
        <div className="side-foot">
          <LinkState />
          <ThemeSwitch />
        </div>
      </header>
      <main id="main" className={isOld ? "main is-old" : "main"} data-view={view}>
        {at === undefined ? null : <MomentBar at={at} isShown={SHOW_MOMENTS.has(view)} />}
        <h1 tabIndex={-1} ref={heading}>
          {TITLES[view]}
        </h1>
        <Broken key={view}>
          <Suspense fallback={<Loading what={TITLES[view].toLowerCase()} />}>
            <View />
          </Suspense>
        </Broken>
      </main>
    </div>
  );
};

export const Shell = () => {
  const isSignedOut = useFeedState(({ link }) => link.state === "signed-out");
  return isSignedOut ? <SignIn /> : <Pages />;
};
