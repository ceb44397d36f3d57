/** Texts of others: as text, with what cannot be seen spelled out, and long ones cut with a way to see all of it. */
import { useId, useState } from "react";
import { clipped, type Stretch, stretchesOf } from "../printable.js";

const Stretches = ({ of }: { readonly of: readonly Stretch[] }) =>
  of.map(({ text, isSpelled }, place) =>
    isSpelled ? (
      // A stretch is named by its place: the list is made anew whenever the text changes.
      // biome-ignore lint/suspicious/noArrayIndexKey: see above
      <span key={place} className="unseen" title="cannot be seen in the original">
        {text}
      </span>
    ) : (
      text
    ),
  );

/** In a line; what is longer ends in an ellipsis. All of it stands where the entry is shown. */
export const Foreign = ({ text, max = 200 }: { readonly text: string; readonly max?: number }) => {
  const shown = clipped(text, max).replace(/[\n\t]+/g, " ");
  return (
    <bdi className="foreign">
      <Stretches of={stretchesOf(shown)} />
      {text.length > max ? "\u2026" : null}
    </bdi>
  );
};

const CLIP_CHARS = 600;
const CLIP_LINES = 12;

/** As a block of lines. */
export const ForeignBlock = ({ text, isCode = false }: { readonly text: string; readonly isCode?: boolean }) => {
  const [isWhole, setWhole] = useState(false);
  const id = useId();
  const byLines = text.split("\n", CLIP_LINES + 1);
  const short = clipped(byLines.length > CLIP_LINES ? byLines.slice(0, CLIP_LINES).join("\n") : text, CLIP_CHARS);
  const isLong = short.length < text.length;
  return (
    <div className="foreign-block">
      <div id={id} className={isCode ? "foreign-text is-code" : "foreign-text"} dir="auto">
        <Stretches of={stretchesOf((isWhole ? text : short).replace(/\t/g, "    "))} />
        {isLong && !isWhole ? "\u2026" : null}
      </div>
      {isLong ? (
        <button
          type="button"
          className="button is-small"
          aria-expanded={isWhole}
          aria-controls={id}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? "Show less" : `Show all ${text.length.toLocaleString("en")} characters`}
        </button>
      ) : null}
    </div>
  );
};
