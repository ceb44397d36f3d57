/** Says what a reader would not take, in the words of the author's own value. */
import { MAX_NESTING } from "./limits.js";

/** What in a value JSON cannot carry, as a path and a reason; `undefined` when it is a JSON value. */
export const notJson = (value: unknown, path = "value", depth = 0): string | undefined => {
  if (depth > MAX_NESTING) return `${path} is nested deeper than ${MAX_NESTING} (a cycle?)`;
  switch (typeof value) {
    case "boolean":
      return undefined;
    case "string":
      return value.isWellFormed() ? undefined : `${path} is a text with a lone surrogate`;
    case "number":
      return Number.isFinite(value) ? undefined : `${path} is ${value}, which JSON cannot carry`;
    case "object": {
      if (value === null) return undefined;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) {
          const why = notJson(value[i], `${path}[${i}]`, depth + 1);
          if (why !== undefined) return why;
        }
        return undefined;
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        const maker: unknown = value.constructor;
        return `${path} is a ${typeof maker === "function" ? maker.name : "special object"}, which JSON cannot carry`;
      }
      for (const [key, member] of Object.entries(value)) {
        if (member === undefined) continue;
        if (key === "__proto__") return `${path} has a key __proto__`;
        if (!key.isWellFormed()) return `${path} has a key with a lone surrogate`;
        const why = notJson(member, `${path}.${key}`, depth + 1);
        if (why !== undefined) return why;
      }
      return undefined;
    }
    default:
      return `${path} is a ${typeof value}, which JSON cannot carry`;
  }
};
