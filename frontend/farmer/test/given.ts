/** What the tests are given: the check values of the format, the rules' stories, and documents as the ledger's own side writes them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bytes, unhex } from "../../verifier/src/core/bytes.ts";

/** The app's own folder: `test.mjs` says it. */
declare const FRONTEND: string;

export const here = (path: string): string => join(FRONTEND, path);

export const project = (path: string): string => join(FRONTEND, "../..", path);

export const vector = (name: string) => JSON.parse(readFileSync(project(`fixtures/vectors/${name}`), "utf8"));

export const given = (name: string) => JSON.parse(readFileSync(here(`test/given/${name}`), "utf8"));

export const story = (name: string): string => readFileSync(project(`fixtures/farms/stories/${name}.story`), "utf8");

export function bytes(digits: string): Bytes {
  const read = unhex(digits, digits.length / 2);
  if (read === undefined) throw new Error(`not hex: ${digits}`);
  return read;
}
