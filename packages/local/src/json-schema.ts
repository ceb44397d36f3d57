/** Words to describe an answer with, as JSON Schema. */

export type Json = { readonly [key: string]: unknown };

export const text: Json = { type: "string" };
export const number: Json = { type: "number" };
export const count: Json = { type: "integer", minimum: 0 };
export const truth: Json = { type: "boolean" };
export const list = (items: Json): Json => ({ type: "array", items });
export const one = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
/** Answers grow members with time: those that are listed are there, further ones may be. */
export const object = (
  required: { readonly [name: string]: Json },
  optional: { readonly [name: string]: Json } = {},
): Json => ({
  type: "object",
  required: Object.keys(required),
  properties: { ...required, ...optional },
});

/** A verb of the public interface. `answer`: the name of its schema. */
export interface Described {
  readonly summary: string;
  readonly answer: string;
  readonly example: Json;
}
