import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { here } from "./given.ts";

const LANGUAGES = readdirSync(here("texts")).map((name) => name.slice(0, -5));
const texts = (language: string): Record<string, string> => JSON.parse(readFileSync(here(`texts/${language}.json`), "utf8"));

test("each language has every sentence of the others, with the same values in it", () => {
  assert.ok(LANGUAGES.includes("vi") && LANGUAGES.includes("en"));
  const first = texts("vi");
  const holes = (sentence = "") => [...sentence.matchAll(/\{[a-z]+\}/g)].map(([hole]) => hole).sort();
  for (const language of LANGUAGES) {
    const own = texts(language);
    assert.deepEqual(Object.keys(own).sort(), Object.keys(first).sort(), language);
    for (const [key, sentence] of Object.entries(own)) {
      assert.notEqual(sentence.trim(), "", `${language} ${key}`);
      assert.deepEqual(holes(sentence), holes(first[key]), `${language} ${key}`);
    }
  }
});

/** All sources of the screens, with their names. */
function sources(): [string, string][] {
  const names = readdirSync(here("src"), { recursive: true }).map(String).filter((name) => name.endsWith(".ts") && !name.startsWith("desk/"));
  return names.map((name) => [name, readFileSync(here(`src/${name}`), "utf8")]);
}

test("every sentence that a screen asks for is there, and none is there for nothing", () => {
  const known = texts("vi");
  const asked = new Set<string>();
  const patterns: RegExp[] = [];
  for (const [name, source] of sources()) {
    for (const [, key] of source.matchAll(/\.t\(\s*"([^"]+)"/g)) {
      assert.ok((key as string) in known, `${name}: ${key}`);
      asked.add(key as string);
    }
    // Keys that are put together: every hole stands for anything.
    for (const [, pattern] of source.matchAll(/`((?:[a-z-]+\.)*[a-z-]*\$\{[^`{}]+\}[a-z.-]*)`/g)) {
      const parts = (pattern as string).split(/\$\{[^}]+\}/).map((part) => part.replaceAll(".", "\\."));
      if (parts.some((part) => part !== "")) patterns.push(new RegExp(`^${parts.join(".+")}$`));
    }
    // Keys that are chosen before they are asked for.
    for (const [, key] of source.matchAll(/"([a-z]+(?:\.[a-z-]+)*)"/g)) if ((key as string) in known) asked.add(key as string);
  }
  const unused = Object.keys(known).filter((key) => key !== "name" && !asked.has(key) && !patterns.some((pattern) => pattern.test(key)));
  assert.deepEqual(unused, []);
});

test("no sentence calls a pack genuine, and every state has its words", () => {
  for (const language of LANGUAGES) {
    const own = texts(language);
    for (const sentence of Object.values(own)) assert.doesNotMatch(sentence, /genuine|authentic|hàng thật|chính hãng/i);
    for (const at of ["phone", "admission", "held", "received", "log", "refused"]) assert.ok(own[`state.${at}`] !== undefined, at);
    for (const code of ["inside_phi", "phi_unverified", "spray_taken_back", "yield_implausible", "yield_unverified", "out_of_season"]) assert.ok(own[`finding.${code}`] !== undefined, code);
  }
});
