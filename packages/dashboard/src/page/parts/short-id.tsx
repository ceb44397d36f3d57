import { plainLine } from "../printable.js";
import { CopyButton } from "./copy-button.js";

/** An id: long, random, and the same at its beginning only for the same thing. All of it is in the title, and to copy. */
export const ShortId = ({ id, canCopy = false }: { readonly id: string; readonly canCopy?: boolean }) => (
  <span className="short-id">
    <code title={plainLine(id, 200)}>{id.length > 16 ? `${plainLine(id.slice(0, 13), 60)}…` : plainLine(id)}</code>
    {canCopy ? <CopyButton text={id} what="id" /> : null}
  </span>
);
