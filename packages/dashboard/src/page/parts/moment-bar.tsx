/** Says on every view that the past is shown, or that this view cannot show it, with the way back. */
import { useVerb } from "../asking.js";
import { go, useRoute } from "../route.js";
import { figure, momentText } from "./figures.js";
import { Icon } from "./icon.js";

export const MomentBar = ({ at, isShown }: { readonly at: number; readonly isShown: boolean }) => {
  const { data } = useVerb("moment", { blocks: at });
  const { view, parameters } = useRoute();
  const when = data?.at === undefined || data.blocks !== at ? "" : `, ${momentText(data.at)}`;
  return (
    <aside className="moment" aria-label="Moment that is shown">
      <Icon name="clock" />
      <p>
        {isShown ? (
          <>
            <b>Not now:</b> canon as it was after {figure(at)} {at === 1 ? "block" : "blocks"}
            {when}.
          </>
        ) : (
          <>
            You look at canon after {figure(at)} blocks{when}, but <b>this view always shows now</b>.
          </>
        )}
      </p>
      <button type="button" className="button" onClick={() => go(view, { ...parameters, at: undefined })}>
        <Icon name="back" />
        Back to now
      </button>
    </aside>
  );
};
