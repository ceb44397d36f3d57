/** How the swarm is, at one look: what sharing saved, what is known, who is here, how fresh that is. */
import { useVerb } from "../asking.js";
import { momentOf, useRoute } from "../route.js";
import { OverviewNow } from "./overview-now.js";
import { OverviewThen } from "./overview-then.js";

/** Freshness changes without an event. */
const EVERY_MS = 2000;

const Overview = () => {
  const at = momentOf(useRoute());
  const now = useVerb("overview", {}, { everyMs: EVERY_MS });
  return at === undefined ? <OverviewNow of={now} /> : <OverviewThen at={at} />;
};
export default Overview;
