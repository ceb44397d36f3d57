// `npx @herdmind/cli` in a checkout. npm links a package's command when it installs, and only if its file is there: before the first build it is
// not, so a fresh clone has no command however often it is built afterwards.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Links the commands of this checkout's packages that are built. Where npm writes a script instead of a link (Windows), nothing. */
export const linkCommands = (root, platform = process.platform) => {
  if (platform === "win32") return;
  const packages = join(root, "packages");
  for (const folder of existsSync(packages) ? readdirSync(packages) : []) {
    const manifest = join(packages, folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { name, bin = {} } = JSON.parse(readFileSync(manifest, "utf8"));
    for (const [command, path] of Object.entries(bin)) {
      const target = join(root, "node_modules", name, path);
      const link = join(root, "node_modules", ".bin", command);
      if (!existsSync(target)) continue;
      // What was deleted and built again is not executable, although its link is still there.
      if ((statSync(target).mode & 0o111) === 0) chmodSync(target, 0o755);
      if (existsSync(link)) continue;
      mkdirSync(dirname(link), { recursive: true });
      try {
        symlinkSync(relative(dirname(link), target), link);
      } catch (error) {
        if (error.code !== "EEXIST") throw error; // another process was faster
      }
    }
  }
};
