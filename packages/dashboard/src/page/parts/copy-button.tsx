import { useState } from "react";
import { Icon } from "./icon.js";

/** The clipboard of a page needs a secure context, which loopback is; elsewhere the text can be selected by hand. */
const copy = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
};

export const CopyButton = ({ text, what }: { readonly text: string; readonly what: string }) => {
  const [said, setSaid] = useState("");
  const press = async (): Promise<void> => {
    setSaid((await copy(text)) ? "Copied" : "Select it and copy it by hand");
    setTimeout(() => setSaid(""), 3000);
  };
  return (
    <span className="copy">
      <button type="button" className="button is-small" onClick={press}>
        <Icon name="copy" />
        <span>Copy {what}</span>
      </button>
      <span role="status" className="copy-said">
        {said}
      </span>
    </span>
  );
};
