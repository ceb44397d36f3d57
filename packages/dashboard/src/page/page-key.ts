/** What tells this page's requests from those of another program that got hold of its cookie: see api.ts. */
const KEY = "herdmind.page";
const KEY_BYTES = 32;

const newKey = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(KEY_BYTES))))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");

let key: string | undefined;

/** Made once for this browser and port, so that a second tab shares the session. */
export const pageKey = (): string => {
  if (key !== undefined) return key;
  try {
    key = window.localStorage.getItem(KEY) ?? newKey();
    window.localStorage.setItem(KEY, key);
  } catch {
    key ??= newKey(); // a browser that stores nothing: for this tab alone
  }
  return key;
};
