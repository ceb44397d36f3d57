import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTemplates } from "./templates.js";

const taught = (texts: readonly string[]) => {
  const templates = createTemplates();
  for (const text of texts) templates.add(text);
  return templates;
};
const GUESTS = ["ada", "bela", "carl", "dora", "emil", "fritz"];
const mooring = (name: string) => `mooring granted to skipper ${name} for one night`;

describe("a word is a value", () => {
  it("when six texts that agree in everything else have another word in its place", () => {
    const templates = taught(GUESTS.map(mooring));
    for (const name of GUESTS) {
      expect(templates.templateOf(mooring(name))).toBe("mooring granted to skipper <*> for one night");
    }
  });
  it("and not when there are five, or six repeats", () => {
    const templates = taught([...GUESTS.slice(0, 5), ...GUESTS.slice(0, 5)].map(mooring));
    expect(new Set(GUESTS.map((name) => templates.templateOf(mooring(name)))).size).toBe(6);
  });
  it("in a text that was never added", () => {
    expect(taught(GUESTS.map(mooring)).templateOf(mooring("gerda"))).toBe(
      "mooring granted to skipper <*> for one night",
    );
  });
  it("when masks found values beside two words in its place", () => {
    const templates = taught(["berth <n> of the harbour", "berth seven of the harbour", "berth ten of the harbour"]);
    expect(templates.templateOf("berth seven of the harbour")).toBe("berth <*> of the harbour");
    expect(
      taught(["berth <n> of the harbour", "berth ten of the harbour"]).templateOf("berth ten of the harbour"),
    ).toBe("berth ten of the harbour");
  });
  it("but not where too little else is said", () => {
    const templates = taught(["tide rising", "tide falling", "tide high", "tide low", "tide late", "tide early"]);
    expect(templates.templateOf("tide rising")).toBe("tide rising");
  });
  it("in two places, when each was seen with enough words", () => {
    const texts = GUESTS.flatMap((name) =>
      GUESTS.map((boat) => `skipper ${name} left the harbour with boat ${boat} today`),
    );
    const templates = taught(texts);
    expect(new Set(texts.map((text) => templates.templateOf(text)))).toEqual(
      new Set(["skipper <*> left the harbour with boat <*> today"]),
    );
  });
});

describe("values that masks found", () => {
  it("are one value, however they look and however many there are", () => {
    const templates = createTemplates();
    for (const one of ["7", "<address>", "berth-7", "<n>, <n>, 8", "x/y.z"]) {
      expect(templates.templateOf(`boats at ${one} wait`)).toBe("boats at <*> wait");
    }
  });
});

describe("whatever the order", () => {
  const word = fc.constantFrom("ada", "bela", "carl", "dora", "emil", "fritz", "gerda", "hugo", "<n>");
  const text = fc
    .tuple(
      fc.constantFrom("skipper", "pilot"),
      word,
      fc.constantFrom("left", "entered"),
      fc.constantFrom("bay", "port"),
      word,
    )
    .map(([who, name, did, where, boat]) => `${who} ${name} ${did} the ${where} on ${boat}`);
  it("and however often, the same texts have the same templates", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 120 }), fc.infiniteStream(fc.nat()), (texts, random) => {
        const keys = texts.map((one) => [random.next().value as number, one] as const);
        const shuffled = keys.sort(([a], [b]) => a - b).map(([, one]) => one);
        const [one, other] = [taught(texts), taught([...shuffled, ...texts])];
        for (const each of texts) expect(one.templateOf(each)).toBe(other.templateOf(each));
        expect(one.size).toBe(other.size);
      }),
    );
  });
  it("learning more never parts what was one", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), fc.array(text, { maxLength: 60 }), (texts, more) => {
        const [before, after] = [taught(texts), taught([...texts, ...more])];
        for (const a of texts)
          for (const b of texts)
            if (before.templateOf(a) === before.templateOf(b)) expect(after.templateOf(a)).toBe(after.templateOf(b));
      }),
    );
  });
});

describe("hostile texts", () => {
  it("fill it up to its bound; what it knows, it knows on", () => {
    const templates = taught(GUESTS.map(mooring));
    const letters = (n: number): string =>
      n.toString(26).replace(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)] as string);
    let refused = 0;
    for (let i = 0; i < 9000; i++)
      if (!templates.add(`${letters(i)} ${letters(i * 7)} and ${letters(i * 3)} at sea`)) refused += 1;
    expect(refused).toBeGreaterThan(500);
    expect(templates.size).toBeLessThan(5000);
    expect(templates.add(mooring("ada"))).toBe(true);
    expect(templates.templateOf(mooring("gerda"))).toBe("mooring granted to skipper <*> for one night");
  });
  it("are looked at within bounds, whatever they hold", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 2000 }), { maxLength: 8 }), (texts) => {
        const templates = taught(texts);
        for (const text of texts) expect(templates.templateOf(text).length).toBeLessThanOrEqual(1300);
      }),
    );
    const templates = createTemplates();
    for (const part of ["a", ".", " ", "a ", "<n>", "/", "::", "\u0000 ", "e\u0301", "<*> "])
      templates.add(part.repeat(1_000_000));
    expect(templates.size).toBeLessThanOrEqual(10);
  });
  it("names of prototype members are ordinary words", () => {
    expect(createTemplates().templateOf("constructor __proto__ of hasOwnProperty")).toBe(
      "constructor __proto__ of hasownproperty",
    );
  });
});
