/** How many entries have which status: a bar whose parts stand in their proportion, and the numbers in words below it. */
import { figure } from "./figures.js";
import { STATUSES, Status } from "./status.js";

export const StatusBar = ({ byStatus }: { readonly byStatus: { readonly [status: string]: number } }) => {
  const parts = STATUSES.map((status) => ({ status, count: byStatus[status] ?? 0 })).filter(({ count }) => count > 0);
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return <p className="muted">No entries yet.</p>;
  return (
    <div className="status-bar">
      <div className="status-bar-parts" aria-hidden="true">
        {parts.map(({ status, count }) => (
          <span key={status} className={`is-${status}`} style={{ flexGrow: count / total }} />
        ))}
      </div>
      <ul>
        {parts.map(({ status, count }) => (
          <li key={status}>
            <b>{figure(count)}</b> <Status status={status} />
          </li>
        ))}
      </ul>
    </div>
  );
};
