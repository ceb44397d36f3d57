// Writes openapi.json from the built package: `npm run openapi -w @herdmind/local`.
import { writeFileSync } from "node:fs";
import { openApi } from "@herdmind/local";

writeFileSync(new URL("openapi.json", import.meta.url), `${JSON.stringify(openApi(), null, 2)}\n`);
