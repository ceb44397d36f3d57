// `npm run api`: writes the API report of every public package. A test compares them with what is built.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { apiReport, entryPoints } from "./api-report.ts";

const packages = resolve(import.meta.dirname, "../..");

for (const id of readdirSync(packages).sort()) {
  const manifestPath = join(packages, id, "package.json");
  if (!existsSync(manifestPath)) continue;
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8")) as {
    name: string;
    private?: boolean;
    exports?: unknown;
  };
  if (manifest.private === true) continue;
  const path = join(packages, id, "api.md");
  const report = apiReport(manifest.name, entryPoints(join(packages, id), manifest.exports));
  if (existsSync(path) && readFileSync(path, "utf8") === report) continue;
  writeFileSync(path, report);
  console.log(`${manifest.name}: packages/${id}/api.md written`);
}
