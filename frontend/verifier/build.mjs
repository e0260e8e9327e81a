// Builds what a browser loads: `node build.mjs FOLDER`. Writes there, and nowhere else:
//
//   verifier.js       the check, loaded when somebody asks for it
//   verifier-*.json   its sentences, a language each
//   loader.js         waits for that; names verifier.js by its hash
//   verify.html       the check as one page with everything in it, for whoever wants to host it
//   verify.policy     the policy to serve it under: the one it names itself, and that nobody may frame it
//   names.txt         which file is served under which name
//   *.br              each of them compressed with Brotli
//
// The same sources and the same lock file give the same bytes.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** Every file of `texts/`, by language: one is added by adding a file. */
async function texts() {
  const names = (await readdir(join(here, "texts"))).filter((name) => name.endsWith(".json")).sort();
  const read = names.map(async (name) => [name.slice(0, -5), JSON.parse(await readFile(join(here, "texts", name), "utf8"))]);
  return Object.fromEntries(await Promise.all(read));
}

/** `import all from "texts:"` is all of them. */
const plugin = {
  name: "texts",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^texts:$/ }, () => ({ path: "texts", namespace: "texts" }));
    esbuild.onLoad({ filter: /.*/, namespace: "texts" }, async () => ({ contents: JSON.stringify(await texts()), loader: "json" }));
  },
};

/** What all builds share. Browsers from 2021 on: BigInt, private fields, `import()`. */
export const options = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  plugins: [plugin],
  loader: { ".css": "text" },
  logLevel: "warning",
};

async function bundle(entry, define = {}) {
  const built = await build({ ...options, entryPoints: [entry], define, minify: true, write: false });
  return built.outputFiles[0].contents;
}

const hashed = (name, bytes) => {
  const dot = name.lastIndexOf(".");
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  return `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
};

const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });

/** One page, whole: its script and style are inside, and its policy names both by hash. */
async function page(out) {
  const sha = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const script = Buffer.from(await bundle("src/ui/page.ts")).toString("utf8").replaceAll("</script", "<\\/script").trimEnd();
  const style = (await readFile(join(here, "page/verify.css"), "utf8")).trim();
  const template = await readFile(join(here, "page/verify.html"), "utf8");
  const policy = `default-src 'none'; script-src ${sha(script)}; style-src ${sha(style)}; connect-src https: http://127.0.0.1:* http://localhost:* 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;
  const parts = { "{{policy}}": policy, "{{style}}": style, "{{script}}": script };
  await writeFile(join(out, "verify.policy"), `${policy}; frame-ancestors 'none'`);
  return Buffer.from(template.replace(/\{\{(?:policy|style|script)\}\}/g, (name) => parts[name]));
}

export async function everything(out) {
  await mkdir(out, { recursive: true });
  const said = await texts();
  const files = {};
  const manifest = {};
  const add = (name, bytes) => {
    files[name] = Buffer.from(bytes);
    manifest[name] = hashed(name, files[name]);
    return `/assets/${manifest[name]}`;
  };
  const pairs = (entries) => JSON.stringify(Object.fromEntries(entries));
  const languages = Object.entries(said).map(([language, all]) => [language, add(`verifier-${language}.json`, JSON.stringify(all))]);
  const verifier = add("verifier.js", await bundle("src/ui/lot.ts", { TEXTS: pairs(languages) }));
  const press = Object.entries(said).map(([language, { ui }]) => [language, [ui.press, ui["loading-failed"]]]);
  add("loader.js", await bundle("src/loader.ts", { VERIFIER: JSON.stringify(verifier), PRESS: pairs(press) }));
  add("verify.html", await page(out));
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(out, name), bytes);
    await writeFile(join(out, `${name}.br`), brotli(bytes));
  }
  const names = Object.entries(manifest).map(([name, served]) => `${name} ${served}\n`);
  await writeFile(join(out, "names.txt"), names.join(""));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , out] = process.argv;
  if (out === undefined) throw new Error("node build.mjs FOLDER");
  await everything(out);
}
