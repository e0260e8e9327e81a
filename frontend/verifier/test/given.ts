/** What the tests are given: the check values of the format, and corpora of other projects where they lie beside this one. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bytes, unhex } from "../src/core/bytes.ts";

/** The verifier's own folder: `test.mjs` says it. */
declare const FRONTEND: string;

export const here = (path: string): string => join(FRONTEND, path);

const project = (path: string): string => join(FRONTEND, "../..", path);

export const vector = (name: string) => JSON.parse(readFileSync(project(`fixtures/vectors/${name}`), "utf8"));

/** A corpus, or nothing where it is not there; then the test says that it was left out. */
export function corpus(path: string): string | undefined {
  const file = project(`../shared/corpora/${path}`);
  if (existsSync(file)) return readFileSync(file, "utf8");
  console.log(`skipped: ${path}: it is not beside the project`);
  return undefined;
}

/** All JSON files below a folder of a corpus, by path. */
export function corpusFiles(folder: string): Map<string, string> {
  const root = project(`../shared/corpora/${folder}`);
  if (!existsSync(root)) {
    console.log(`skipped: ${folder}: it is not beside the project`);
    return new Map();
  }
  const names = readdirSync(root, { recursive: true }).map(String).filter((name) => name.endsWith(".json"));
  return new Map(names.sort().map((name) => [name, readFileSync(join(root, name), "utf8")]));
}

export function bytes(digits: string): Bytes {
  const read = unhex(digits, digits.length / 2);
  if (read === undefined) throw new Error(`not hex: ${digits}`);
  return read;
}
