/** Pictures beside words, never in their place: all are hidden from screen readers. */
const PATHS = {
  herd: "M7 8h10M7 8l5 9M17 8l-5 9M7 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM17 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM12 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  overview: "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
  feed: "M3 12h4l3-8 4 16 3-8h4",
  entries: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  graph:
    "M6 6m-2.5 0a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M18 8m-2.5 0a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M11 18m-2.5 0a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M8.5 6.5l7 1M7 8.4l3 7.2M16.7 10.2l-4.2 5.8",
  timeline: "M4 7h16M4 17h16M8 4v6M15 14v6",
  alarm: "M12 4l9 16H3zM12 10v4M12 17h.01",
  members:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20a6 6 0 0 1 12 0M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5a6 6 0 0 1 3 5.5",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  contested: "M12 4v10M12 18h.01",
  superseded: "M5 12h13M13 7l5 5-5 5",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
  system: "M3 5h18v11H3zM9 20h6M12 16v4",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20",
  back: "M19 12H6M11 6l-6 6 6 6",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.5 2",
  problem: "M12 3l9 9-9 9-9-9zM12 9v3M12 15h.01",
  remedy: "M9.5 4h5v5.5H20v5h-5.5V20h-5v-5.5H4v-5h5.5z",
  agent: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM5 20a7 7 0 0 1 14 0",
  domain: "M4 7l8-4 8 4-8 4zM4 12l8 4 8-4M4 17l8 4 8-4",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg className={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);
