// Runs the tests: `node test.mjs [FOLDER]`. They are TypeScript, which Node 20 does not read, so esbuild makes scripts of them in
// FOLDER (`dist/test` otherwise) first, and Node's own runner runs those.
import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { options } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "dist/test"));
const names = (await readdir(join(here, "test"))).filter((name) => name.endsWith(".test.ts")).sort();
await build({
  ...options,
  entryPoints: names.map((name) => join("test", name)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  platform: "node",
  packages: "bundle",
  // The tests find vectors and stories from here, wherever the scripts lie.
  define: { FRONTEND: JSON.stringify(here) },
});
const scripts = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const run = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...scripts], { stdio: "inherit" });
process.exit(run.status ?? 1);
