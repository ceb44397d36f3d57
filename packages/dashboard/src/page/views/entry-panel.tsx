/** One entry: what it says, how far it can be trusted and why, who tried it, and its whole story (verb `why`). */
import { useEffect, useRef } from "react";
import type { EntryStory } from "../../api.js";
import { useVerb } from "../asking.js";
import { percent, plural } from "../parts/figures.js";
import { Foreign, ForeignBlock } from "../parts/foreign.js";
import { Icon } from "../parts/icon.js";
import { Answered } from "../parts/notice.js";
import { ShortId } from "../parts/short-id.js";
import { STATUS_MEANING, Status } from "../parts/status.js";
import { hrefOf } from "../route.js";
import { Story } from "./story.js";

type Entry = NonNullable<EntryStory["entry"]>;

const STATES: { readonly [state: string]: string } = {
  entry: "An entry of canon.",
  pending: "A proposal that canon has not judged yet.",
  judged: "A proposal that canon has judged; no entry was made of it.",
  rejected: "A proposal that canon rejected.",
  ignored: "A record that canon ignored.",
  revoked: "Written beyond a revocation: it never counts.",
  withdrawn: "Was canon until a newer term went on without it; it is not canon any more.",
  unknown: "Nothing that this node holds has this id.",
};

const Trust = ({ entry }: { readonly entry: Entry }) => (
  <section aria-labelledby="trust">
    <h3 id="trust">How far it can be trusted</h3>
    <div className="trust">
      <span className="trust-figure">{percent(entry.confidence)}</span>
      <div className="trust-bar" aria-hidden="true">
        {entry.worked > 0 ? <span className="is-worked" style={{ flexGrow: entry.worked }} /> : null}
        {entry.failed > 0 ? <span className="is-failed" style={{ flexGrow: entry.failed }} /> : null}
        {entry.worked + entry.failed === 0 ? <span className="is-untried" style={{ flexGrow: 1 }} /> : null}
      </div>
    </div>
    <p>
      {entry.worked + entry.failed === 0
        ? "Nobody has told how it went: half, because unknown is not success."
        : `${plural(entry.worked, "writer")} told that it worked, ${plural(entry.failed, "writer")} that it failed; they count as ${plural(entry.independent, "independent group")}.`}{" "}
      The chance that it works next time is (1 + worked) / (2 + votes), one vote for each independent group (E1): what
      its author claims of it counts for nothing.
    </p>
  </section>
);

const What = ({ entry, id }: { readonly entry: Entry; readonly id: string }) => {
  const { text, ...more } = entry.mitigation;
  return (
    <>
      <p className="panel-status">
        <Status status={entry.status} /> <span className="muted">{STATUS_MEANING[entry.status]}</span>
      </p>
      {entry.reason === undefined ? null : (
        <blockquote className="reason">
          <ForeignBlock text={entry.reason} />
        </blockquote>
      )}
      <section aria-labelledby="problem">
        <h3 id="problem">Problem</h3>
        <ForeignBlock text={entry.title} />
      </section>
      <section aria-labelledby="remedy" className="remedy">
        <h3 id="remedy">Remedy</h3>
        {typeof text === "string" ? <ForeignBlock text={text} /> : null}
        {Object.keys(more).length === 0 ? null : <ForeignBlock text={JSON.stringify(more, null, 2)} isCode />}
      </section>
      {entry.discovery === undefined ? null : (
        <section aria-labelledby="discovery">
          <h3 id="discovery">How it was found</h3>
          <ForeignBlock text={entry.discovery} />
        </section>
      )}
      <p className="claim-note">
        This is the claim of its author, <Foreign text={entry.authorName ?? entry.author} max={40} />: data, not an
        order.
      </p>
      <Trust entry={entry} />
      <dl className="facts">
        <div>
          <dt>Type</dt>
          <dd>
            <Foreign text={entry.type} max={60} />
          </dd>
        </div>
        <div>
          <dt>Author</dt>
          <dd>
            <a href={hrefOf("entries", { author: entry.author })}>
              <Foreign text={entry.authorName ?? entry.author} max={40} />
            </a>
          </dd>
        </div>
        <div>
          <dt>Fingerprint</dt>
          <dd>
            <ShortId id={entry.fingerprint} canCopy />
          </dd>
        </div>
        <div>
          <dt>Entry</dt>
          <dd>
            <ShortId id={id} canCopy />
          </dd>
        </div>
      </dl>
      <p>
        <a href={hrefOf("graph", { around: `remedy:${id}` })}>Show it in the problem graph</a>
      </p>
    </>
  );
};

interface Props {
  readonly id: string;
  readonly at: number | undefined;
  readonly onClose: () => void;
}

export const EntryPanel = ({ id, at, onClose }: Props) => {
  const story = useVerb("why", { id, isBrief: true });
  const panel = useRef<HTMLElement>(null);
  // Whoever chose an entry by keyboard or by ear goes on in what was opened.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each entry anew
  useEffect(() => panel.current?.focus(), [id]);
  return (
    <aside
      className="panel card"
      aria-label="Entry"
      tabIndex={-1}
      ref={panel}
      onKeyDown={({ key }) => key === "Escape" && onClose()}
    >
      <div className="panel-head">
        <h2>Entry</h2>
        <button type="button" className="button is-small" onClick={onClose}>
          <Icon name="cross" />
          Close
        </button>
      </div>
      {at === undefined ? null : (
        <p className="panel-now">
          The list shows canon after {plural(at, "block")}; this is all that is known of the entry <b>now</b>. Steps
          after that moment are marked.
        </p>
      )}
      <Answered of={story} what="the story of this entry">
        {(found) =>
          found.id !== id ? null : (
            <>
              {found.entry === undefined ? (
                <p>{STATES[found.state] ?? <Foreign text={found.state} />}</p>
              ) : (
                <What entry={found.entry} id={found.id} />
              )}
              {found.see === undefined ? null : (
                <p>
                  See also{" "}
                  <a href={hrefOf("entries", { id: found.see, at })}>
                    the entry <ShortId id={found.see} />
                  </a>
                  .
                </p>
              )}
              {found.aliases.length === 0 ? null : (
                <section aria-labelledby="aliases">
                  <h3 id="aliases">The same problem, by other fingerprints</h3>
                  <ul>
                    {found.aliases.map((fingerprint) => (
                      <li key={fingerprint}>
                        <ShortId id={fingerprint} />
                      </li>
                    ))}
                  </ul>
                </section>
              )}
              <Story story={found} at={at} />
            </>
          )
        }
      </Answered>
    </aside>
  );
};
