import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, unbase64, utf8 } from "../src/core/bytes.ts";
import { library } from "../src/core/ed25519.ts";
import { CheckError } from "../src/core/fault.ts";
import { continues, includes } from "../src/core/merkle.ts";
import { openCheckpoint, parseCheckpoint, parseNote, parseVerifierKey } from "../src/core/note.ts";
import { corpus, corpusFiles } from "./given.ts";

interface Case {
  readonly desc: string;
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
  readonly leafIdx?: number;
  readonly treeSize?: number;
  readonly leafHash?: string;
  readonly root?: string;
  readonly size1?: number;
  readonly size2?: number;
  readonly root1?: string;
  readonly root2?: string;
}

/** A hash has 32 bytes, or whatever reads it refuses it before it is used. */
function hashes(...encoded: (string | null | undefined)[]): Bytes[] | undefined {
  const read = encoded.map((one) => unbase64(one ?? ""));
  return read.every((one) => one?.length === 32) ? (read as Bytes[]) : undefined;
}

function check(kind: string, verdict: (one: Case, proof: Bytes[]) => boolean): void {
  const files = corpusFiles(`rfc6962-merkle/${kind}`);
  const counts = { valid: 0, wrong: 0 };
  for (const [name, text] of files) {
    const one: Case = JSON.parse(text);
    const proof = hashes(...(one.proof ?? []));
    assert.equal(proof !== undefined && verdict(one, proof), !one.wantErr, `${name}: ${one.desc}`);
    counts[one.wantErr ? "wrong" : "valid"] += 1;
  }
  if (files.size > 0) assert.ok(counts.valid > 0 && counts.wrong > 0, "a corpus without both verdicts checks nothing");
}

test("the inclusion corpus gets its verdicts", () => {
  check("inclusion", ({ leafIdx = 0, treeSize = 0, leafHash, root }, proof) => {
    const [leaf, top] = hashes(leafHash, root) ?? [];
    return leaf !== undefined && top !== undefined && includes(leaf, BigInt(leafIdx), BigInt(treeSize), proof, top);
  });
});

test("the consistency corpus gets its verdicts", () => {
  check("consistency", ({ size1 = 0, size2 = 0, root1, root2 }, proof) => {
    const [earlier, later] = hashes(root1, root2) ?? [];
    return earlier !== undefined && later !== undefined && continues(BigInt(size1), earlier, BigInt(size2), later, proof);
  });
});

test("notes that others signed open", async () => {
  for (const [note, key] of [
    ["c2sp-example.note", "c2sp-example.vkey"],
    ["sumdb-35225469.checkpoint", "sumdb.vkey"],
  ]) {
    const [text, vkey] = [corpus(`signed-note/${note}`), corpus(`signed-note/${key}`)];
    if (text === undefined || vkey === undefined) return;
    const log = parseVerifierKey(vkey.trim());
    const parsed = parseNote(utf8(text));
    const line = parsed.signatures.find((one) => one.name === log.name && one.id === log.id);
    assert.ok(line !== undefined && (await library.verify(log.key, utf8(parsed.text), line.signature)), note);
    // Go's checksum database signs under another name than its origin: no log of ours.
    if (note === "sumdb-35225469.checkpoint") {
      assert.equal(parseCheckpoint(parsed).size, 35_225_469n);
      const refused = (error: unknown) => error instanceof CheckError && error.code === "checkpoint-other-log";
      await assert.rejects(openCheckpoint(library, parsed, log), refused);
    }
  }
});
