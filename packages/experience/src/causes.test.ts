import { expect, it } from "vitest";
import { cutLines, findCauses } from "./causes.js";
import { recogniserExamples } from "./recogniser-examples.fixture.js";
import { recognisers } from "./recognisers.js";

it("every recogniser has examples", () => {
  expect(Object.keys(recogniserExamples)).toEqual(recognisers.map(({ name }) => name));
});

for (const recogniser of recognisers) {
  for (const [text, message] of recogniserExamples[recogniser.name] ?? []) {
    it(`recogniser ${recogniser.name}: ${JSON.stringify(text.slice(0, 60))}`, () => {
      const [cause] = findCauses(cutLines(text));
      expect(cause?.kind).toBe(recogniser.name);
      expect(cause?.message).toBe(message);
    });
  }
}

it("stands in order of strength, so that the first match on a line is its strongest", () => {
  const strengths = recognisers.map(({ strength }) => strength);
  expect(strengths).toEqual([...strengths].sort((a, b) => b - a));
});

it("what a recogniser needs saves time and never changes a result", () => {
  const texts = Object.values(recogniserExamples).flatMap((examples) => examples.map(([text]) => text));
  for (const line of texts.flatMap((text) => cutLines(text))) {
    for (const { name, needs, pattern } of recognisers) {
      if (needs !== undefined && !line.includes(needs)) expect([name, pattern.test(line)]).toEqual([name, false]);
    }
  }
});
