// Builds the co-operative's desk, which is a page of its own at `/app/desk`: `desk.html` beside the shell, script, style and sentences under
// /assets/. It shares the core's sources with the farmer's app, and no file: the shell of a phone does not grow by it, and the service
// worker does not keep it.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** Adds the desk to what a build emits. `asset` gives a file its hashed name and says where it is served. */
export async function desk({ options, files, asset, icon }) {
  const source = (name) => readFile(join(here, "src/desk", name));
  const languages = {};
  for (const name of (await readdir(join(here, "src/desk/texts"))).filter((one) => one.endsWith(".json")).sort()) {
    const all = JSON.parse(await source(`texts/${name}`));
    languages[name.slice(0, -5)] = { name: all.name, file: asset(`desk-${name}`, JSON.stringify(all)) };
  }
  const css = await build({ ...options, entryPoints: ["src/desk/desk.css"], minify: true, write: false });
  const style = asset("desk.css", css.outputFiles[0].contents);
  const js = await build({
    ...options,
    entryPoints: ["src/desk/main.ts"],
    loader: { ".csv": "text" },
    define: { DESK_LANGUAGES: JSON.stringify(languages) },
    minify: true,
    write: false,
  });
  const script = asset("desk.js", js.outputFiles[0].contents);
  const page = (await source("desk.html")).toString("utf8");
  const values = { script, style, texts: languages.vi.file, icon };
  files["desk.html"] = Buffer.from(page.replace(/\{\{([a-z]+)\}\}/g, (_, key) => values[key]));
}
