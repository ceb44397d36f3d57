/** Canon at a moment: what a peer that had read so far knew. What only this node counts has no past. */
import { useState } from "react";
import { useVerb } from "../asking.js";
import { figure, momentText, plural } from "../parts/figures.js";
import { Answered, Empty } from "../parts/notice.js";
import { ShortId } from "../parts/short-id.js";
import { StatusBar } from "../parts/status-bar.js";
import { BriefEntries } from "./brief-entries.js";

/** The hash of a moment is asked for only where somebody wants to compare it: the node reads all entries for it. */
const State = ({ at }: { readonly at: number }) => {
  const [isWanted, setWanted] = useState(false);
  const { data } = useVerb("moment", { blocks: at, withHash: true }, { isAsked: isWanted });
  const hash = isWanted && data?.blocks === at ? data.viewHash : undefined;
  return (
    <div className="tile">
      <dt>State</dt>
      <dd>
        {hash === undefined ? (
          <button type="button" className="button is-small" disabled={isWanted} onClick={() => setWanted(true)}>
            {isWanted ? "Computing…" : "Compute its hash"}
          </button>
        ) : (
          <ShortId id={hash} canCopy />
        )}
        <span className="tile-note">equal on every peer that shows this moment</span>
      </dd>
    </div>
  );
};

export const OverviewThen = ({ at }: { readonly at: number }) => {
  const moment = useVerb("moment", { blocks: at });
  const newest = useVerb("entries", { sort: "newest", limit: 8, atBlocks: at });
  return (
    <div className="overview is-then">
      <Answered of={moment} what="that moment">
        {(then) => (
          <>
            <section className="card known" aria-labelledby="known-then">
              <h2 id="known-then">What was known</h2>
              <p className="known-figure">
                <strong>{figure(then.entries.total)}</strong> <span>entries of canon</span>
              </p>
              <StatusBar byStatus={then.entries.byStatus} />
            </section>
            <dl className="tiles">
              <div className="tile">
                <dt>Blocks of canon</dt>
                <dd>
                  <span className="tile-value">{figure(then.blocks)}</span>
                  <span className="tile-note">{then.at === undefined ? "without a time" : momentText(then.at)}</span>
                </dd>
              </div>
              <div className="tile">
                <dt>Members</dt>
                <dd>
                  <span className="tile-value">{figure(then.members)}</span>
                  <span className="tile-note">admitted until then</span>
                </dd>
              </div>
              <div className="tile">
                <dt>Merged problems</dt>
                <dd>
                  <span className="tile-value">{figure(then.aliases)}</span>
                  <span className="tile-note">{plural(then.aliases, "alias", "aliases")} between fingerprints</span>
                </dd>
              </div>
              <State at={at} />
            </dl>
          </>
        )}
      </Answered>
      <section className="card" aria-labelledby="newest-then">
        <h2 id="newest-then">Newest entries then</h2>
        <Answered of={newest} what="the entries of that moment">
          {({ rows }) =>
            rows.length === 0 ? <Empty>Nothing was known yet.</Empty> : <BriefEntries rows={rows} at={at} />
          }
        </Answered>
      </section>
    </div>
  );
};
