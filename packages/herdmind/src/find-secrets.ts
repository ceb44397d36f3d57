/** Every rule for secrets in texts: ours, services' tokens, and secretlint's preset. Loaded together, when the first text comes that may hold one. */
import { type Found, findByRules, isSecretName, isSecretValue } from "./secret-rules.js";
import { lint } from "./secretlint.js";
import { findTokens } from "./service-tokens.js";

// Shorter ones hold no pair of a name and its value; what is longer is a file.
const BASE64 = /(?<![\w+/=-])[A-Za-z0-9+/_-]{20,8192}={0,2}(?![\w+/=-])/g;
const PRINTABLE = /^[\t\n\r\x20-\x7e]{12,}$/;

const findPlain = (text: string): readonly Found[] => [...findByRules(text), ...findTokens(text), ...lint(text)];

/** Texts that were wrapped in base64, as configuration and headers carry them. One layer: nobody wraps twice by accident. */
const findWrapped = (text: string): readonly Found[] => {
  const found: Found[] = [];
  for (const { 0: run, index } of text.matchAll(BASE64)) {
    const bytes = decode(run);
    if (bytes !== undefined && PRINTABLE.test(bytes) && findPlain(bytes).length > 0)
      found.push({ start: index, end: index + run.length, kind: "base64-secret" });
  }
  return found;
};

const decode = (run: string): string | undefined => {
  try {
    return atob(run.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
};

export const findSecrets = (text: string): readonly Found[] => [...findPlain(text), ...findWrapped(text)];

export { isSecretName, isSecretValue };
