import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { built } from "./desk-browser.ts";
import { here } from "./given.ts";

const FOLDER = "src/desk/texts";
const LANGUAGES = readdirSync(here(FOLDER)).map((name) => name.slice(0, -5));
const texts = (language: string): Record<string, string> => JSON.parse(readFileSync(here(`${FOLDER}/${language}.json`), "utf8"));

test("each language of the desk has every sentence of the others, with the same values in it", () => {
  assert.ok(LANGUAGES.includes("vi") && LANGUAGES.includes("en"));
  const first = texts("vi");
  const holes = (sentence = "") => [...sentence.matchAll(/\{[a-z]+\}/g)].map(([hole]) => hole).sort();
  for (const language of LANGUAGES) {
    const own = texts(language);
    assert.deepEqual(Object.keys(own).sort(), Object.keys(first).sort(), language);
    for (const [key, sentence] of Object.entries(own)) {
      assert.notEqual(sentence.trim(), "", `${language} ${key}`);
      assert.deepEqual(holes(sentence), holes(first[key]), `${language} ${key}`);
      assert.doesNotMatch(sentence, /genuine|authentic|hàng thật|chính hãng/i, `no sentence calls a pack genuine: ${language} ${key}`);
    }
  }
});

test("every sentence that the desk asks for is there, and none is there for nothing", () => {
  const known = texts("vi");
  const asked = new Set<string>();
  const patterns: RegExp[] = [];
  for (const name of readdirSync(here("src/desk"), { recursive: true }).map(String)) {
    if (!name.endsWith(".ts")) continue;
    const source = readFileSync(here(`src/desk/${name}`), "utf8");
    for (const [, key = ""] of source.matchAll(/\bsay\(\s*"([^"]+)"/g)) assert.ok(key in known, `${name}: ${key}`);
    // Faults are keys that a form's reader names.
    for (const [, key = ""] of source.matchAll(/\.fault\([^,()]+,\s*"([^"]+)"/g)) assert.ok(key in known, `${name}: ${key}`);
    for (const [, pattern = ""] of source.matchAll(/\bsay\(`([^`]+)`/g)) {
      patterns.push(new RegExp(`^${pattern.replace(/\$\{[^}]*\}+/g, "*").replaceAll(".", "\\.").replaceAll("*", ".+")}$`));
    }
    for (const [, prefix = ""] of source.matchAll(/\bnamed\("([a-z]+)"/g)) patterns.push(new RegExp(`^${prefix}\\..+$`));
    // Keys that are chosen before they are asked for.
    for (const [, key = ""] of source.matchAll(/"([a-z][a-z0-9]*(?:[.-][a-z0-9_-]+)*)"/g)) if (key in known) asked.add(key);
  }
  const unused = Object.keys(known).filter((key) => key !== "name" && !asked.has(key) && !patterns.some((pattern) => pattern.test(key)));
  assert.deepEqual(unused, []);
});

test("the desk is one page, script, style and language of at most 150 kB, compressed", async () => {
  const files = await built();
  const sum = [...files].filter(([path]) => !path.includes("desk-en")).reduce((bytes, [, file]) => bytes + brotliCompressSync(file).length, 0);
  console.log(`the desk: ${sum} bytes compressed, of 150000`);
  assert.ok(sum > 1_000 && sum <= 150_000, `${sum} bytes`);
});
