// Before a package is packed: the licence goes into it. It stands once in the repository; a package that travels alone needs its own.
import { copyFileSync } from "node:fs";
import { join, resolve } from "node:path";

copyFileSync(join(resolve(import.meta.dirname, "../../.."), "LICENSE"), join(process.cwd(), "LICENSE"));
