// Plays the desk against a real ledger's server: `node desk-real.mjs < given.json` (see test/desk-real.ts). It is no part of `node test.mjs`,
// because somebody has to start that server.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { options } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(await mkdtemp(join(tmpdir(), "nguon-desk-real-")), "desk-real.mjs");
await build({ ...options, entryPoints: ["test/desk-real.ts"], outfile: out, platform: "node", packages: "bundle", define: { FRONTEND: JSON.stringify(here) } });
await import(pathToFileURL(out).href);
