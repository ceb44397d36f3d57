/** What the swarm knows: all entries, filtered, sorted and searched by the node, with the story of the one that is chosen. */
import { useDeferredValue, useEffect, useState } from "react";
import type { EntriesQuery } from "../../api.js";
import { useVerb } from "../asking.js";
import { Icon } from "../parts/icon.js";
import { STATUSES } from "../parts/status.js";
import { plainLine } from "../printable.js";
import { go, momentOf, type Parameters, useRoute } from "../route.js";
import { EntryList, firstPage } from "./entry-list.js";
import { EntryPanel } from "./entry-panel.js";

const SORTS = [
  ["newest", "Newest"],
  ["oldest", "Oldest"],
  ["confidence", "Confidence"],
  ["worked", "Most often worked"],
  ["failed", "Most often failed"],
] as const;

/** A pause in typing: each search goes through all entries. */
const TYPING_MS = 200;

/** What is typed, at once in the field and after a pause in the address. */
const useTyped = (given: string, settle: (text: string) => void) => {
  const [typed, setTyped] = useState(given);
  useEffect(() => setTyped(given), [given]);
  useEffect(() => {
    if (typed === given) return;
    const timer = setTimeout(() => settle(typed), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return [typed, setTyped] as const;
};

const Choice = ({
  name,
  value,
  options,
  onChoose,
}: {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onChoose: (value: string) => void;
}) => (
  <label>
    {name}
    <select value={value} onChange={({ target }) => onChoose(target.value)}>
      {options.map(([option, label]) => (
        <option key={option} value={option}>
          {label}
        </option>
      ))}
      {options.some(([option]) => option === value) ? null : <option value={value}>{plainLine(value, 40)}</option>}
    </select>
  </label>
);

/** Type ids as they are; a custom one has no words of ours. */
const labelled = (values: readonly string[]): readonly (readonly [string, string])[] => [
  ["", "All"],
  ...values.map((value) => [value, plainLine(value, 40)] as const),
];

const EntriesView = () => {
  const route = useRoute();
  const { parameters } = route;
  const { text = "", status = "", type = "", domain = "", author = "", sort = "newest", id } = parameters;
  const at = momentOf(route);
  const set = (changed: Parameters): void => go("entries", { ...parameters, ...changed }, "replace");
  const [typed, setTyped] = useTyped(text, (next) => set({ text: next }));
  const query = useDeferredValue(
    JSON.stringify({
      ...(text === "" ? {} : { text }),
      ...(status === "" ? {} : { status }),
      ...(type === "" ? {} : { type }),
      ...(domain === "" ? {} : { domain }),
      ...(author === "" ? {} : { author }),
      ...(at === undefined ? {} : { atBlocks: at }),
      sort,
    }),
  );
  const asked = JSON.parse(query) as EntriesQuery;
  const first = useVerb("entries", firstPage(asked));
  const lists = first.data;
  // The list of before stays until the next one can be drawn.
  const [drawn, setDrawn] = useState(query);
  const isHere = !first.isPlaceholderData && first.status !== "pending";
  useEffect(() => {
    if (isHere) setDrawn(query);
  }, [isHere, query]);
  const isFiltered = [text, status, type, domain, author].some((value) => value !== "");

  return (
    <div className={id === undefined ? "entries" : "entries has-panel"}>
      <div className="entries-main">
        <search className="tools" aria-label="Filter of the entries">
          <label className="grows">
            <span>Search</span>
            <span className="search-field">
              <Icon name="search" />
              <input
                type="search"
                value={typed}
                maxLength={500}
                placeholder="Words, an id or a fingerprint"
                onChange={({ target }) => setTyped(target.value)}
              />
            </span>
          </label>
          <Choice
            name="Status"
            value={status}
            options={labelled(STATUSES)}
            onChoose={(value) => set({ status: value })}
          />
          <Choice
            name="Type"
            value={type}
            options={labelled(lists?.types ?? [])}
            onChoose={(value) => set({ type: value })}
          />
          <Choice
            name="Domain"
            value={domain}
            options={labelled(lists?.domains ?? [])}
            onChoose={(value) => set({ domain: value })}
          />
          <Choice name="Sort by" value={sort} options={SORTS} onChoose={(value) => set({ sort: value })} />
          {isFiltered ? (
            <button
              type="button"
              className="button"
              onClick={() => set({ text: "", status: "", type: "", domain: "", author: "" })}
            >
              Clear
            </button>
          ) : null}
        </search>
        <EntryList key={drawn} query={JSON.parse(drawn) as EntriesQuery} chosen={id} hrefParameters={parameters} />
      </div>
      {id === undefined ? null : <EntryPanel id={id} at={at} onClose={() => set({ id: undefined })} />}
    </div>
  );
};
export default EntriesView;
