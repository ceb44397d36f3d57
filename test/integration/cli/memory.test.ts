// The file of the official memory server, taken over by the command: into a fresh directory, twice, damaged, and refused.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeMemory, stopNode } from "@herdmind/local/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMachine, documentOf, failureOf, type Machine } from "./herdmind-command.ts";

interface Summary {
  readonly added: number;
  readonly extended: number;
  readonly known: number;
  readonly bad: number;
  readonly redactions: number;
}

let machine: Machine;
let dir = "";
beforeEach(() => {
  machine = createMachine();
  dir = machine.dir("node");
});
afterEach(async () => {
  await stopNode(dir);
  machine[Symbol.dispose]();
});

const entity = (name: string, ...observations: readonly string[]) => ({
  type: "entity",
  name,
  entityType: "person",
  observations,
});
const relation = (from: string, to: string) => ({ type: "relation", from, to, relationType: "knows" });
const lines = (...all: readonly (object | string)[]): string =>
  all.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n");

describe("memory import", () => {
  test("begins a swarm where there is none, adds what is missing, tells bad lines by number, and twice adds nothing", async () => {
    // The second line of Ada is what that server's lost updates leave in a file.
    const text = lines(entity("Ada", "tea"), relation("Ada", "Bob"), entity("Bob"), "", entity("Ada", "chess", "tea"));
    writeFileSync(join(machine.dir(""), "memory.jsonl"), text);
    const first = await machine.run(["memory", "import", "--json", "--dir", dir, "--as", "mover"]);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(documentOf<Summary>(first)).toMatchObject({ added: 3, extended: 0, known: 0, bad: 0, redactions: 0 });
    const memory = nodeMemory("graph", { dir });
    expect((await memory.get("e:Ada"))?.members).toEqual(["tea", "chess"]);
    expect((await memory.list()).map(({ key }) => key)).toEqual(["e:Ada", "e:Bob", 'r:["Ada","knows","Bob"]']);
    const again = await machine.run(["memory", "import", "--json", "--dir", dir]);
    expect(documentOf<Summary>(again)).toMatchObject({ added: 0, extended: 0, known: 3 });

    const token = `ghp_${"k3T9".repeat(9)}`;
    const damaged = machine.dir("damaged.jsonl");
    writeFileSync(
      damaged,
      lines(
        entity("Bob", "chess"),
        '{"type":"entity","name":"half',
        { type: "entity", name: "Eve" },
        { type: "note" },
        entity("long", "x".repeat(9000)),
        "null",
        entity("Eve", `has ${token}`),
      ),
    );
    const third = await machine.run(["memory", "import", damaged, "--dir", dir]);
    expect(third.code).toBe(1);
    const told = [...third.stderr.matchAll(/line (\d+): (.*)/g)].map(([, number, why]) => [Number(number), why]);
    expect(told.map(([number]) => number)).toEqual([2, 3, 4, 5, 6]);
    expect(told[1]?.[1]).toBe("an entity has a name, an entityType and observations");
    expect(third.stdout).toMatch(/imported\s+1 .*\nextended\s+1 .*\nknown\s+0 .*\nbad lines\s+5\nreplaced\s+1 secrets/);
    expect(JSON.stringify(await memory.list())).not.toContain(token);
    const piped = await machine.run(["memory", "import", "-", "--space", "other", "--json", "--dir", dir], {
      input: text,
    });
    expect(documentOf<Summary>(piped)).toMatchObject({ added: 3 });
    expect(await nodeMemory("other", { dir }).list()).toHaveLength(3);
  });

  test("what cannot be read starts nothing and says what to do, and a flag that would do nothing is refused", async () => {
    const missing = await machine.run(["memory", "import", "--json", "--dir", dir]);
    expect(missing.code).toBe(2);
    expect(failureOf(missing)).toMatchObject({
      rule: "usage",
      message: expect.stringContaining("memory.jsonl cannot be read"),
    });
    const named = await machine.run(["memory", "import", "--dir", dir], {
      env: { MEMORY_FILE_PATH: "/nowhere/m.jsonl" },
    });
    expect(named.stderr).toContain("/nowhere/m.jsonl cannot be read");
    const space = await machine.run(["mcp", "--space", "x", "--dir", dir]);
    expect([space.code, space.stderr]).toEqual([2, expect.stringContaining("--memory")]);
    expect(existsSync(dir)).toBe(false);
  });

  test("memory list shows what is there, by prefix, with a node and without one", async () => {
    const text = lines(entity("Ada", "tea\u001b[31m", "b", "c", "d", "e", "f"), entity("Bob"), relation("Ada", "Bob"));
    await machine.run(["memory", "import", "-", "--dir", dir], { input: text });
    const list = (...args: readonly string[]) => machine.run(["memory", "list", ...args, "--dir", dir]);
    const shown = await list("e:");
    expect([shown.code, shown.stderr]).toEqual([0, ""]);
    expect(shown.stdout).toBe(
      'e:Ada {"name":"Ada","entityType":"person"} [tea\\x1b[31m; b; c; d; e; 1 more]\ne:Bob {"name":"Bob","entityType":"person"}\n',
    );
    await stopNode(dir);
    const rest = await list("--limit", "1", "--json");
    expect(documentOf(rest)).toMatchObject({ space: "graph", items: [{ key: "e:Ada" }], next: "e:Ada" });
    expect((await list("--space", "empty")).stdout).toBe("nothing is in empty\n");
    expect((await list("--limit", "0")).code).toBe(2);
  });
});
