/** A few entries in short, each a link to all of it. */
import type { EntryRow } from "../../api.js";
import { Ago } from "../parts/ago.js";
import { Confidence } from "../parts/confidence.js";
import { Foreign } from "../parts/foreign.js";
import { Status } from "../parts/status.js";
import { hrefOf } from "../route.js";

/** `at`: as canon was after so many blocks; then how long ago is left out, because it would be told from now. */
export const BriefEntries = ({ rows, at }: { readonly rows: readonly EntryRow[]; readonly at?: number }) => (
  <ul className="brief">
    {rows.map((row) => (
      <li key={row.id}>
        <a href={hrefOf("entries", { id: row.id, ...(at === undefined ? {} : { at }) })}>
          <Foreign text={row.title} max={90} />
        </a>
        <p className="brief-remedy">
          <Foreign text={row.remedy} max={110} />
        </p>
        <p className="brief-meta">
          <Status status={row.status} />
          <Confidence mean={row.confidence} worked={row.worked} failed={row.failed} />
          <span className="muted">
            <Foreign text={row.authorName ?? row.author} max={24} />
            {at === undefined && (
              <>
                , <Ago at={row.at} />
              </>
            )}
          </span>
        </p>
      </li>
    ))}
  </ul>
);
