/** The user's logger, called in the middle of our work: what it throws is nobody's. */
import type { Logger } from "./peer.js";

export const guardedLogger =
  (logger: Logger): Logger =>
  (line) => {
    try {
      logger(line);
    } catch {}
  };
