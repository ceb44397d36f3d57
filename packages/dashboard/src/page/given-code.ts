/** The code that a page was opened with: `herdmind dashboard` posts it, and the node answers with the page and the code in it. */
import { CODE_NAME } from "../api.js";

/** Once: it leaves the document, and the page stands at `/` as if it had been opened there, so that a reload posts nothing again. */
export const takeCode = (): string | undefined => {
  const given = document.querySelector<HTMLMetaElement>(`meta[name="${CODE_NAME}"]`);
  const isPosted = window.location.pathname !== "/";
  given?.remove();
  if (isPosted) window.history.replaceState(null, "", "/");
  return given?.content;
};
