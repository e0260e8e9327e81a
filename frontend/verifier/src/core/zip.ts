/**
 * The evidence file: a zip with a receipt for each record, the facts beside them, and a manifest of both. It comes from anybody, and
 * is read within bounds.
 */

import { type UnzipFileInfo, unzipSync } from "fflate";
import { type Bytes, text, unhex } from "./bytes.ts";
import {
  BYTES_MAX,
  type Entry,
  type Evidence,
  type Fault,
  fault,
  isIndex,
  isList,
  isObject,
  json,
  type Opening,
  readLight,
  RECORDS_MAX,
} from "./evidence.ts";
import { CheckError } from "./fault.ts";
import { parseProof } from "./proof.ts";

const FILE_BYTES_MAX = 16 << 20;
const OWN_FILES = ["README.txt", "manifest.json", "lot.json", "log.vkey", "witnesses.vkey"];

/** Evidence in either form. */
export function readEvidence(bytes: Bytes): Evidence {
  if (bytes.length > BYTES_MAX) throw new CheckError("file-too-large", `${bytes.length} bytes`);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return readZip(bytes);
  return readLight(bytes);
}

export function readZip(bytes: Bytes): Evidence {
  const { files, faults } = unzip(bytes);
  const file = (name: string): Bytes => {
    const found = files.get(name);
    if (found === undefined) throw new CheckError("file-missing", name);
    return found;
  };
  const manifest = json(file("manifest.json"), "manifest.json");
  if (manifest["format"] !== "nguon evidence 1") throw new CheckError("file-not-evidence", "manifest.json: format");
  const { origin, lot, records } = manifest;
  if (typeof origin !== "string" || typeof lot !== "string" || !isList(records)) {
    throw new CheckError("file-malformed", "manifest.json");
  }
  if (records.length > RECORDS_MAX) throw new CheckError("file-too-large", `${records.length} records`);

  const entries: Entry[] = [];
  const listed = new Set(OWN_FILES);
  const notes = new Map<string, Bytes>();
  for (const [at, one] of records.entries()) {
    const place = isObject(one) && typeof one["file"] === "string" ? one["file"] : `records[${at}]`;
    listed.add(place);
    try {
      if (!isObject(one) || !isIndex(one["index"])) throw new CheckError("file-malformed", "manifest.json");
      const openings = facts(one["facts"], (name) => {
        listed.add(name);
        return file(name);
      });
      const proof = parseProof(file(place));
      if (proof.index !== BigInt(one["index"])) throw new CheckError("index-wrong", `entry ${proof.index}`);
      notes.set(text(proof.note) ?? "", proof.note);
      if (notes.size > 1) throw new CheckError("checkpoint-differs");
      entries.push({ index: proof.index, place, record: proof.record, hashes: proof.hashes, openings });
    } catch (error) {
      faults.push(fault(error, place));
    }
  }
  for (const name of files.keys()) if (!listed.has(name)) faults.push({ code: "file-stray", place: name, about: "" });
  const [note] = notes.values();
  if (note === undefined) throw faults[0] === undefined ? new CheckError("file-malformed", "no records") : thrown(faults[0]);
  return {
    bytes: bytes.length,
    origin,
    lot,
    logKey: lines(file("log.vkey"))[0] ?? "",
    witnessKeys: lines(file("witnesses.vkey")),
    note,
    entries,
    faults,
  };
}

const thrown = ({ code, place, about }: Fault) => new CheckError(code, about === "" ? place : `${place}: ${about}`);

const lines = (bytes: Bytes): string[] => (text(bytes) ?? "").split("\n").filter((line) => line !== "");

function facts(value: unknown, file: (name: string) => Bytes): Opening[] {
  if (value === undefined) return [];
  const refuse = () => new CheckError("file-malformed", "manifest.json: facts");
  if (!isList(value) || value.length > 32) throw refuse();
  return value.map((one) => {
    if (!isObject(one) || typeof one["file"] !== "string" || typeof one["salt"] !== "string") throw refuse();
    const salt = unhex(one["salt"], 32);
    const position = one["position"];
    if (salt === undefined || !isIndex(position) || position > 31) throw refuse();
    return { position, salt, payload: file(one["file"]), place: one["file"] };
  });
}

function unzip(bytes: Bytes): { files: Map<string, Bytes>; faults: Fault[] } {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  let left = BYTES_MAX;
  const take = ({ name, originalSize }: UnzipFileInfo): boolean => {
    // What the zip says of its sizes bounds what is allocated: nothing is written beyond them.
    left -= originalSize;
    if (originalSize > FILE_BYTES_MAX || left < 0 || seen.size > 3 * RECORDS_MAX) throw new CheckError("file-too-large", name);
    if (seen.has(name)) faults.push({ code: "file-stray", place: name, about: "it is there twice" });
    seen.add(name);
    return true;
  };
  try {
    return { files: new Map(Object.entries(unzipSync(bytes, { filter: take })) as [string, Bytes][]), faults };
  } catch (error) {
    if (error instanceof CheckError) throw error;
    // Its directory stands at the end of a zip: without an end, there is none.
    throw new CheckError("file-truncated", String(error));
  }
}
