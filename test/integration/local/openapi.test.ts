/** The OpenAPI document says what a node really takes and answers. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createClientClaims, openApi, runVerb } from "@herdmind/local";
import { validate } from "@readme/openapi-parser";
import { Ajv2020 } from "ajv/dist/2020.js";
import { createSwarm } from "herdmind";
import { expect, test } from "vitest";

const document = JSON.parse(JSON.stringify(openApi()));

test("is the one that is checked in, and is valid", async () => {
  const file = resolve(import.meta.dirname, "../../../packages/local/openapi.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(document);
  expect(await validate(structuredClone(document))).toMatchObject({ valid: true });
});

test("real answers fit it, and so do its examples", async () => {
  await using swarm = await createSwarm({ name: "described", relay: false });
  const context = { peer: swarm, claims: createClientClaims() };
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ ...document, $id: "node" });
  const check = (pointer: string, value: unknown): void => {
    const valid = ajv.validate({ $ref: `node#${pointer}` }, value);
    expect(valid ? [] : ajv.errors).toEqual([]);
  };
  const at = (verb: string, rest: string): string => `/paths/~1v1~1${verb}/post/${rest}`;
  const body = "requestBody/content/application~1json/schema";
  const answer = "responses/200/content/application~1json/schema";
  let entry = "";
  for (const verb of [
    "report",
    "recall",
    "prepare",
    "claim",
    "outcome",
    "memory-write",
    "memory-read",
    "status",
  ] as const) {
    const { example } = document.paths[`/v1/${verb}`].post.requestBody.content["application/json"];
    check(at(verb, body), example);
    const { facts: _, ...asked } = example;
    const input = verb === "outcome" ? { ...asked, entry } : asked;
    const answered = JSON.parse(JSON.stringify(await runVerb(context, verb, input)));
    check(at(verb, answer), answered);
    if (verb === "report") entry = answered.value.id;
    if (verb === "recall") expect(answered.value.entries).toHaveLength(1);
  }
  for (const verb of ["overview", "entries", "graph", "timeline", "moment", "alarms", "members"] as const) {
    const { example } = document.paths[`/v1/${verb}`].post.requestBody.content["application/json"];
    check(at(verb, body), example);
    const answered = JSON.parse(JSON.stringify(await runVerb(context, verb, verb === "entries" ? {} : example)));
    expect([verb, answered.ok]).toEqual([verb, true]);
    check(at(verb, answer), answered);
  }
  const refused = await runVerb(context, "report", { mitigation: "x" });
  check("/components/schemas/Refusal", refused);
  expect(ajv.validate({ $ref: "node#/components/schemas/Entry" }, {})).toBe(false);
});
