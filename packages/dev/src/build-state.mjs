// Is dist current? A compiler start costs more than the whole answer, so the answer is a stamp: one hash over path, size
// and modification time of every source and every output. Anything touched, added or removed on either side changes it.
// The stamp only decides whether to ask tsc, which then compares contents.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of everything a checkout remembers about its own set-up. Ignored by git. */
export const stateDir = (root) => join(root, ".ready");
const stampFile = (root) => join(stateDir(root), "build");

/** Folders of the projects that `tsc --build` builds, as the root tsconfig.json lists them. */
const projects = (root) =>
  JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")).references.map(({ path }) => path);

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [];

const isTest = (path) => path.endsWith(".test.ts");
const isSource = (path) => /\.tsx?$/.test(path) && !isTest(path) && !path.endsWith(".d.ts");

const stampOf = (paths) => {
  const hash = createHash("sha256");
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    hash.update(`${path}\0${stat?.size ?? "none"}\0${stat?.mtimeMs ?? ""}\n`);
  }
  return hash.digest("hex");
};

/** Stamp of everything that a build reads. */
export const sourceStamp = (root) =>
  stampOf([
    join(root, "tsconfig.json"),
    join(root, "package-lock.json"),
    ...projects(root).flatMap((project) => [
      join(root, project, "package.json"),
      join(root, project, "tsconfig.json"),
      join(root, project, "vite.config.ts"),
      ...filesBelow(join(root, project, "src")).filter((path) => !isTest(path)),
    ]),
  ]);

const outputStamp = (root) => stampOf(projects(root).flatMap((project) => filesBelow(join(root, project, "dist"))));

/** True when no source and no output has changed since `markBuilt`. */
export const isBuilt = (root) =>
  existsSync(stampFile(root)) && readFileSync(stampFile(root), "utf8") === `${sourceStamp(root)} ${outputStamp(root)}`;

/** Remembers a build that began when the sources had the stamp `sources`: an edit made meanwhile is not in it. */
export const markBuilt = (root, sources) => {
  mkdirSync(stateDir(root), { recursive: true });
  writeFileSync(stampFile(root), `${sources} ${outputStamp(root)}`);
};

/** Projects with a page that Vite builds from what tsc has checked: into `dist/assets`. */
export const pagesOf = (root) => projects(root).filter((project) => existsSync(join(root, project, "vite.config.ts")));

const assetsOf = (root, project) => join(root, project, "dist", "assets");

const pageStamp = (root, project) =>
  stampOf([
    join(root, "package-lock.json"),
    join(root, project, "vite.config.ts"),
    ...filesBelow(join(root, project, "src")).filter((path) => !isTest(path)),
    ...filesBelow(assetsOf(root, project)),
  ]);

const pageStampFile = (root, project) => join(stateDir(root), `page-${project.replaceAll("/", "-")}`);

/** True when a page is there as it was built, of the sources that are there. */
export const isPageBuilt = (root, project) =>
  existsSync(join(assetsOf(root, project), "index.html")) &&
  existsSync(pageStampFile(root, project)) &&
  readFileSync(pageStampFile(root, project), "utf8") === pageStamp(root, project);

export const markPageBuilt = (root, project) => {
  mkdirSync(stateDir(root), { recursive: true });
  writeFileSync(pageStampFile(root, project), pageStamp(root, project));
};

const output = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/;

/** Removes outputs whose source is gone: tsc leaves them, and an import of a deleted module would go on working. */
export const pruneOutputs = (root) => {
  const removed = [];
  for (const project of projects(root)) {
    const dist = join(root, project, "dist");
    const src = join(root, project, "src");
    for (const path of filesBelow(dist)) {
      const stem = output.exec(path.slice(dist.length))?.[1];
      if (stem === undefined || path.startsWith(assetsOf(root, project))) continue;
      if (existsSync(`${src}${stem}.ts`) || existsSync(`${src}${stem}.tsx`)) continue;
      rmSync(path, { force: true });
      removed.push(path);
    }
  }
  return removed;
};

/** Projects with a source that has no output: tsc trusts its build info and does not look. */
export const projectsWithMissingOutputs = (root) =>
  projects(root).filter((project) => {
    const src = join(root, project, "src");
    const dist = join(root, project, "dist");
    return filesBelow(src).some((path) => {
      if (!isSource(path)) return false;
      const stem = path.slice(src.length).replace(/\.tsx?$/, "");
      return !existsSync(`${dist}${stem}.js`) || !existsSync(`${dist}${stem}.d.ts`);
    });
  });

/** Makes tsc build a project anew. */
export const forgetBuild = (root, project) => rmSync(join(root, project, "dist", ".tsbuildinfo"), { force: true });
