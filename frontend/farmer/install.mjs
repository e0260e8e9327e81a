// Installs what the lock file names, unless it is there: `node install.mjs` what a build needs, `node install.mjs --all` what tests need as
// well. No package's script is run; esbuild's program comes inside a package.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const all = process.argv.includes("--all");

function packages(file) {
  try {
    return JSON.parse(readFileSync(join(here, file), "utf8")).packages;
  } catch {
    return {};
  }
}

const wanted = Object.entries(packages("package-lock.json")).filter(([name]) => name !== "");
// npm writes down there what it has installed.
const installed = packages("node_modules/.package-lock.json");
const isThere = ([name, { version, integrity, dev, optional }]) =>
  // Optional ones are other platforms' programs.
  optional || (dev && !all) || (installed[name]?.version === version && installed[name]?.integrity === integrity);

if (wanted.length === 0) throw new Error("package-lock.json cannot be read");
if (!wanted.every(isThere)) {
  const npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", ...(all ? [] : ["--omit=dev"])];
  const run = spawnSync("npm", npm, { cwd: here, encoding: "utf8", shell: process.platform === "win32" });
  if (run.status !== 0) {
    console.error(`npm ${npm.join(" ")} failed; it needs the npm registry once.\n${run.error ?? ""}${run.stdout ?? ""}${run.stderr ?? ""}`);
    process.exit(1);
  }
}
