// The page, built into dist/assets: every file from here, so that it works without a network and under a strict policy.
import { resolve } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: resolve(import.meta.dirname, "src/page"),
  base: "./",
  publicDir: false,
  cacheDir: resolve(import.meta.dirname, "../../node_modules/.vite/dashboard"),
  build: {
    outDir: resolve(import.meta.dirname, "dist/assets"),
    emptyOutDir: true, // Vite asks for this word when the folder is outside of `root`
    target: "es2024",
    license: { fileName: "licences.md" }, // of what is bundled: it goes where the page goes
    assetsDir: ".",
    assetsInlineLimit: 0, // no data: in style sheets
    chunkSizeWarningLimit: 600, // kB, before compression; charts and graph are loaded with their views
    reportCompressedSize: false,
    rolldownOptions: {
      checks: { pluginTimings: false }, // a busy machine is no news
      // "use client" means something to servers that render React; none does here.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
  worker: { format: "es" },
});
