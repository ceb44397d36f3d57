/** What was refused, what is wrong, and what to do about it. */
import type { Alarms } from "../../api.js";
import { useVerb } from "../asking.js";
import { Ago } from "../parts/ago.js";
import { DataTable } from "../parts/data-table.js";
import { figure, momentText, plural } from "../parts/figures.js";
import { Foreign, ForeignBlock } from "../parts/foreign.js";
import { Icon } from "../parts/icon.js";
import { Answered, Empty } from "../parts/notice.js";
import { ShortId } from "../parts/short-id.js";
import { adviceOn } from "./rule-advice.js";

const BY: { readonly [by in Alarms["recent"][number]["by"]]: string } = {
  us: "This node refused",
  peer: "A peer refused this node",
  canon: "Canon's verdict",
};

const Red = ({ alarms }: { readonly alarms: Alarms["alarms"] }) =>
  alarms.length === 0 ? (
    <p className="all-well">
      <Icon name="check" />
      No alarm: canon is whole.
    </p>
  ) : (
    alarms.map(({ at, message }) => (
      <div key={message} role="alert" className="alarm-banner">
        <Icon name="alarm" />
        <div>
          <b>Red alarm</b> {at === undefined ? null : <span className="muted">{momentText(at)}</span>}
          <ForeignBlock text={message} />
          <p>
            A person should look. What was agreed before stays; from where canon was forged or forked, nothing is taken
            any more. Do not apply remedies from elsewhere meanwhile; ask whoever holds root to open a new term, and
            keep this directory: it holds the proof.
          </p>
        </div>
      </div>
    ))
  );

const Rules = ({ refusals }: { readonly refusals: Alarms["refusals"] }) => (
  <section className="card" aria-labelledby="rules">
    <h2 id="rules">Refusals by rule, since this node began</h2>
    {refusals.length === 0 ? (
      <Empty>Nothing has broken a rule.</Empty>
    ) : (
      <ul className="rules">
        {refusals.map(({ rule, title, count }) => {
          const { meaning, todo } = adviceOn(rule);
          return (
            <li key={rule}>
              <span className="rule-id">
                <Foreign text={rule} max={12} />
              </span>
              <div>
                <h3>
                  <Foreign text={title} max={200} />
                </h3>
                <p>{meaning}</p>
                <p>
                  <b>What to do:</b> {todo}
                </p>
              </div>
              <span className="rule-count">
                <b>{figure(count)}</b> {count === 1 ? "time" : "times"}
              </span>
            </li>
          );
        })}
      </ul>
    )}
  </section>
);

const AlarmsView = () => {
  const alarms = useVerb("alarms", {});
  return (
    <Answered of={alarms} what="refusals and alarms">
      {(found) => (
        <>
          <Red alarms={found.alarms} />
          <Rules refusals={found.refusals} />
          <section className="card" aria-labelledby="recent">
            <h2 id="recent">The newest</h2>
            {found.recent.length === 0 ? (
              <Empty>None.</Empty>
            ) : (
              <DataTable
                caption="The newest refusals and rejections, newest first"
                rows={found.recent.map((one, place) => ({ ...one, place }))}
                keyOf={({ place }) => place}
                columns={[
                  { name: "When", cell: ({ at }) => <Ago at={at} /> },
                  { name: "Rule", cell: ({ rule }) => <Foreign text={rule} max={12} /> },
                  { name: "Who", cell: ({ by }) => BY[by] ?? "Somebody" },
                  { name: "Writer", cell: ({ writer }) => (writer === undefined ? "" : <ShortId id={writer} />) },
                  { name: "Why", cell: ({ message }) => <ForeignBlock text={message} /> },
                ]}
              />
            )}
          </section>
          <section className="card" aria-labelledby="closed">
            <h2 id="closed">Closed writers, forks and damage</h2>
            <p>
              {found.proofs === 0
                ? "No writer is proved to have told two histories (L6)."
                : `${plural(found.proofs, "proof")} that a writer told two histories (L6): nothing of it counts from there on.`}
            </p>
            {found.closed.length === 0 ? null : (
              <DataTable
                caption="Members whose records no longer count"
                rows={found.closed}
                keyOf={({ writer }) => writer}
                columns={[
                  { name: "Writer", cell: ({ writer, name }) => <Foreign text={name ?? writer} max={40} /> },
                  { name: "Why", cell: ({ reason }) => <Foreign text={reason} max={300} /> },
                ]}
              />
            )}
            {found.damage.length === 0 ? (
              <p>What this node holds on its disk is whole (S1).</p>
            ) : (
              <DataTable
                caption="Damage found on the disk"
                rows={found.damage}
                keyOf={({ log }) => log}
                columns={[
                  { name: "Log", cell: ({ log }) => <Foreign text={log} max={60} /> },
                  { name: "What", cell: ({ message }) => <Foreign text={message} max={300} /> },
                ]}
              />
            )}
          </section>
        </>
      )}
    </Answered>
  );
};
export default AlarmsView;
