/**
 * A Chromium for the tests: the one that `HERDMIND_CHROMIUM` names, one that the system has, or else the one that the npm
 * package `@sparticuz/chromium` brings together with the system libraries that a bare Linux machine lacks.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export interface Executable {
  readonly path: string;
  /** What its process needs in its environment, beside what every process has. */
  readonly env: Readonly<Record<string, string>>;
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const fixedPlaces = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ...["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => {
    const folder = process.env[name];
    return folder === undefined ? [] : [join(folder, "Google/Chrome/Application/chrome.exe")];
  }),
];

const onSystem = (): string | undefined =>
  [...(process.env.PATH ?? "").split(delimiter).flatMap((dir) => names.map((name) => join(dir, name))), ...fixedPlaces]
    .filter((path) => existsSync(path))
    .find(isExecutable);

/** The package's own file looks for its font elsewhere; without one, text is not drawn, and a caret ends the whole browser. */
const fontsOf = (folder: string): string =>
  `<?xml version="1.0"?><fontconfig><dir>${join(folder, "fonts")}</dir><cachedir>${join(folder, "fonts-cache")}</cachedir></fontconfig>\n`;

/** Unpacks once (2 s, 210 MB) into `node_modules/.cache`, whole or not at all: two runs may start together. */
const fromNpm = async (): Promise<Executable> => {
  const manifest = createRequire(import.meta.url)
    .resolve("@sparticuz/chromium")
    .replace(/build[\\/].*$/, "package.json");
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  const cache = join(root, "node_modules/.cache");
  const folder = join(cache, `chromium-${version}-${process.arch}`);
  // Also when one of an older checkout stands there without it.
  if (!existsSync(join(folder, "fonts.conf"))) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    const fresh = await mkdtemp(`${folder}-`);
    try {
      const child = spawn(process.execPath, [join(import.meta.dirname, "unpack-process.ts")], {
        // With this runtime named, it also unpacks the system libraries that it was built against.
        env: { ...process.env, TMPDIR: fresh, AWS_LAMBDA_JS_RUNTIME: "nodejs22.x" },
        stdio: ["ignore", "inherit", "inherit"],
      });
      const code = await new Promise((done) => child.once("close", done));
      if (code !== 0) throw new Error(`@sparticuz/chromium ${version} could not be unpacked into ${fresh}`);
      await writeFile(join(fresh, "fonts.conf"), fontsOf(folder));
      await rename(fresh, folder).catch((error: unknown) => {
        if (!existsSync(folder)) throw error; // another run was faster
      });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }
  const libraries = [join(folder, "al2023/lib"), process.env.LD_LIBRARY_PATH ?? ""].filter((path) => path !== "");
  return {
    path: join(folder, "chromium"),
    env: { LD_LIBRARY_PATH: libraries.join(":"), FONTCONFIG_FILE: join(folder, "fonts.conf") },
  };
};

const find = async (): Promise<Executable> => {
  const named = process.env.HERDMIND_CHROMIUM;
  if (named !== undefined && named !== "") {
    if (!isExecutable(named)) throw new Error(`HERDMIND_CHROMIUM names ${named}, which is no program`);
    return { path: named, env: {} };
  }
  const path = onSystem();
  if (path !== undefined) return { path, env: {} };
  if (process.platform === "linux") return fromNpm();
  throw new Error("no Chromium found: install Chromium or Google Chrome, or name one in HERDMIND_CHROMIUM");
};

/** Quiet: nothing is fetched, asked or shown. Even: a tab in the background runs as fast as the one in front. */
const flags = [
  "--headless",
  "--no-sandbox", // as root, and in containers, its sandbox cannot start; it only ever loads pages of this checkout
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage", // containers have 64 MB there, which a page fills
  "--no-first-run",
  "--no-default-browser-check",
  "--no-pings",
  "--mute-audio",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-extensions",
  "--disable-sync",
  "--disable-breakpad",
  "--disable-search-engine-choice-screen",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication",
  "--password-store=basic",
  "--use-mock-keychain",
];

/** A Chromium process. */
export interface Chromium {
  /** Where `chromium.connectOverCDP` of playwright-core reaches it. */
  readonly endpoint: string;
  /** Ends it at once and with all its processes, as a crash would. The profile stays as it is. */
  kill(): Promise<void>;
  /** When the last of its processes that we hear of has ended. */
  readonly ended: Promise<void>;
}

/** A healthy start takes 0.3 s; this is for a machine under full load. */
const longestStart = 60_000; // ms

/** Starts Chromium on a profile folder, which is made when missing. It ends with this process, however this one ends. */
export const launchChromium = async (profile: string): Promise<Chromium> => {
  const { path, env } = await find();
  await mkdir(profile, { recursive: true });
  // The pipe is never spoken on: Chromium ends when its other end closes, also when this process is killed.
  const args = [...flags, `--user-data-dir=${profile}`, "--remote-debugging-port=0", "--remote-debugging-pipe"];
  const child = spawn(path, [...args, "about:blank"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    detached: process.platform !== "win32", // its own group, so that `kill` reaches every process of it
  });
  const closed = new Promise<void>((done) => child.once("close", () => done()));
  const end = (): void => {
    try {
      if (process.platform === "win32" || child.pid === undefined) child.kill("SIGKILL");
      else process.kill(-child.pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  };
  process.once("exit", end);
  const kill = async (): Promise<void> => {
    end();
    await closed;
    process.off("exit", end);
  };
  for (const stream of [child.stdio[3], child.stdio[4]]) stream?.on("error", () => undefined);
  let said = "";
  const endpoint = await new Promise<string | undefined>((done) => {
    const timer = setTimeout(() => done(undefined), longestStart);
    const settle = (value: string | undefined): void => {
      clearTimeout(timer);
      done(value);
    };
    child.once("error", (error) => {
      said += String(error);
      settle(undefined);
    });
    child.once("close", () => settle(undefined));
    child.stderr?.on("data", (chunk: Buffer) => {
      if (said.length > 20_000) return; // what it says later is of no use, and must not pile up
      said += chunk.toString();
      const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (found !== undefined) settle(found);
    });
  });
  if (endpoint === undefined) {
    if (child.pid !== undefined) await kill();
    throw new Error(`${path} did not start:\n${said}`);
  }
  return { endpoint, kill, ended: closed };
};

/** A folder for a profile, outside of the checkout. Whoever makes it removes it, after the last process on it ended. */
export const createProfileFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "herdmind-profile-"));
