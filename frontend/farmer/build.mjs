// Builds what a browser loads: `node build.mjs FOLDER`. Writes there, and nowhere else:
//
//   app.html              the shell: served at /app
//   desk.html             the co-operative's desk (desk.mjs): served at /app/desk
//   sw.js                 the service worker: served at /app/sw.js with `Service-Worker-Allowed: /app`
//   manifest.webmanifest  served at /app/manifest.webmanifest
//   *-<hash>.*            script, style, sentences, icons: served under /assets/, for ever the same
//   names.txt             which file is served under which name in /assets/
//   *.br                  each of them compressed with Brotli
//
// The same sources and the same lock file give the same bytes.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { desk } from "./desk.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const packages = (name) => join(here, "node_modules", name);

/** What all builds share. Browsers from 2021 on: BigInt, private fields, `import()`. */
export const options = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  // Sources of the verifier are shared; the packages they name are this folder's own.
  alias: { "@noble/hashes": packages("@noble/hashes"), "@noble/ed25519": packages("@noble/ed25519") },
  logLevel: "warning",
};

/** Every file of `texts/`, by language: one is added by adding a file. */
export async function texts() {
  const names = (await readdir(join(here, "texts"))).filter((name) => name.endsWith(".json")).sort();
  const read = names.map(async (name) => [name.slice(0, -5), JSON.parse(await readFile(join(here, "texts", name), "utf8"))]);
  return Object.fromEntries(await Promise.all(read));
}

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

const hashed = (name, bytes) => {
  const dot = name.lastIndexOf(".");
  return `${name.slice(0, dot)}-${digest(bytes)}${name.slice(dot)}`;
};

const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });

export async function everything(out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const page = (name) => readFile(join(here, "page", name));
  const files = {};
  const assets = [];
  const asset = (name, bytes) => {
    const served = hashed(name, bytes);
    files[served] = Buffer.from(bytes);
    assets.push(served);
    return `/assets/${served}`;
  };

  const said = await texts();
  const languages = Object.fromEntries(
    Object.entries(said).map(([language, all]) => [language, { name: all.name, file: asset(`app-${language}.json`, JSON.stringify(all)) }]),
  );
  const style = asset("app.css", (await build({ ...options, entryPoints: ["page/app.css"], minify: true, write: false })).outputFiles[0].contents);
  const icons = {};
  for (const name of ["icon.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png"]) icons[name] = asset(name, await page(name));

  const bundled = await build({
    ...options,
    entryPoints: { app: "src/farmer/main.ts" },
    splitting: true,
    outdir: "out",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    define: { LANGUAGES: JSON.stringify(languages) },
    minify: true,
    write: false,
    metafile: true,
  });
  let script = "";
  for (const { path, contents } of bundled.outputFiles) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    files[name] = Buffer.from(contents);
    assets.push(name);
    const [, { entryPoint }] = Object.entries(bundled.metafile.outputs).find(([output]) => output.endsWith(`/${name}`));
    if (entryPoint === "src/farmer/main.ts") script = `/assets/${name}`;
  }

  const fill = async (name, values) => Buffer.from((await page(name)).toString("utf8").replace(/\{\{([a-z0-9.-]+)\}\}/g, (_, key) => values[key]));
  const manifest = await fill("manifest.webmanifest", icons);
  files["manifest.webmanifest"] = manifest;
  files["app.html"] = await fill("app.html", { script, style, texts: languages.vi.file, icon: icons["icon.svg"], touch: icons["icon-192.png"] });

  // The worker keeps the whole shell under the digest of all of it: any change is another shell.
  const shell = ["/app", "/app/manifest.webmanifest", ...assets.map((name) => `/assets/${name}`)];
  const version = digest(Buffer.concat([files["app.html"], manifest, Buffer.from(shell.join("\n"))]));
  const worker = await build({
    ...options,
    entryPoints: ["src/sw.ts"],
    format: "iife",
    define: { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(version) },
    minify: true,
    write: false,
  });
  files["sw.js"] = Buffer.from(worker.outputFiles[0].contents);

  // A page of its own, after the shell was counted: no part of it.
  await desk({ options, files, asset, icon: icons["icon.svg"] });

  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(out, name), bytes);
    await writeFile(join(out, `${name}.br`), brotli(bytes));
  }
  await writeFile(join(out, "names.txt"), assets.map((name) => `${name} ${name}\n`).join(""));
  return { files, assets, script, style };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , out] = process.argv;
  if (out === undefined) throw new Error("node build.mjs FOLDER");
  await everything(out);
}
