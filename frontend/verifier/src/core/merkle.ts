/**
 * Inclusion and consistency (RFC 6962, section 2.1; verified as RFC 9162, sections 2.1.3.2 and 2.1.4.2), and proofs made from
 * the log's tiles (C2SP tlog-tiles). A tile proves nothing by itself: what is made of it must lead to a signed root.
 */

import { type Bytes, equal } from "./bytes.ts";
import { CheckError } from "./fault.ts";
import { nodeHash, sha } from "./hash.ts";

export const PROOF_HASHES_MAX = 63;
const TILE_WIDTH = 256n;

/** Whether `leaf` is the leaf at `index` of the tree of `size` leaves with this root. */
export function includes(leaf: Bytes, index: bigint, size: bigint, proof: readonly Bytes[], root: Bytes): boolean {
  if (index >= size) return false;
  let [node, last, hash] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      hash = nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && equal(hash, root);
}

/** Whether the tree of `from` leaves is the beginning of the tree of `to` leaves. */
export function continues(from: bigint, fromRoot: Bytes, to: bigint, toRoot: Bytes, proof: readonly Bytes[]): boolean {
  if (from > to) return false;
  if (from === 0n || from === to) {
    const holds = from === 0n ? equal(fromRoot, sha()) : equal(fromRoot, toRoot);
    return proof.length === 0 && holds && (to !== 0n || equal(toRoot, sha()));
  }
  // A complete earlier tree is a node of the later one, and its root is not sent.
  const isComplete = (from & (from - 1n)) === 0n;
  const first = isComplete ? fromRoot : proof[0];
  if (first === undefined) return false;
  let [node, last] = [from - 1n, to - 1n];
  while ((node & 1n) === 1n) [node, last] = [node >> 1n, last >> 1n];
  let [earlier, later] = [first, first];
  for (const sibling of isComplete ? proof : proof.slice(1)) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      [earlier, later] = [nodeHash(sibling, earlier), nodeHash(sibling, later)];
      while ((node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      later = nodeHash(later, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && equal(earlier, fromRoot) && equal(later, toRoot);
}

/** The bytes of a published file by its path, as `tile/0/x001/067.p/12`; nothing if it is not there. */
export type FetchTile = (path: string) => Promise<Bytes | undefined>;

/** PROOF(from, D[to]) of RFC 6962, section 2.1.2, from the tiles of the tree of `to` leaves. */
export async function consistencyFromTiles(from: bigint, to: bigint, fetch: FetchTile): Promise<Bytes[]> {
  if (from === 0n || from >= to) return [];
  const tiles = new Tiles(to, fetch);
  const ranges: [bigint, bigint][] = [];
  let [start, end] = [0n, to];
  while (from !== end) {
    const middle = start + (1n << height(end - start - 1n));
    if (from <= middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([start, middle]);
      start = middle;
    }
  }
  if (start !== 0n) ranges.push([start, end]);
  const proof: Bytes[] = [];
  for (const [first, last] of ranges.reverse()) proof.push(await rangeHash(first, last, tiles));
  return proof;
}

/** floor(log₂ n), of n ≥ 1. */
const height = (n: bigint): bigint => BigInt(n.toString(2).length - 1);

/** The hash of a range of leaves: it falls apart into complete subtrees, the largest first. */
async function rangeHash(start: bigint, end: bigint, tiles: Tiles): Promise<Bytes> {
  const parts: Bytes[] = [];
  while (start < end) {
    const rows = height(end - start);
    parts.push(await tiles.subtree(rows, start >> rows));
    start += 1n << rows;
  }
  return parts.reduceRight((right, left) => nodeHash(left, right));
}

class Tiles {
  readonly #read = new Map<string, Bytes[]>();

  constructor(
    private readonly size: bigint,
    private readonly fetch: FetchTile,
  ) {}

  /** The root of the complete subtree of 2^`rows` leaves at place `index`. */
  async subtree(rows: bigint, index: bigint): Promise<Bytes> {
    const [level, within] = [rows / 8n, rows % 8n];
    const first = index << within;
    const tile = first / TILE_WIDTH;
    const left = (this.size >> (8n * level)) - tile * TILE_WIDTH;
    const hashes = await this.tile(level, tile, left < TILE_WIDTH ? Number(left) : 256);
    const at = Number(first % TILE_WIDTH);
    let row = hashes.slice(at, at + (1 << Number(within)));
    while (row.length > 1) row = pairs(row);
    const [root] = row;
    if (root === undefined) throw new CheckError("tile-malformed", `${level}/${tile}`);
    return root;
  }

  private async tile(level: bigint, index: bigint, width: number): Promise<Bytes[]> {
    const full = `tile/${level}/${number(index)}`;
    const path = width === 256 ? full : `${full}.p/${width}`;
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    // A partial tile may be gone once the full one is there.
    const bytes = (await this.fetch(path)) ?? (width === 256 ? undefined : await this.fetch(full));
    // A log that has grown past a size has its tiles: who does not show them may have something to hide.
    if (bytes === undefined) throw new CheckError("tile-malformed", `${path}: not there`);
    if (bytes.length !== 32 * width && bytes.length !== 32 * 256) throw new CheckError("tile-malformed", path);
    const hashes = Array.from({ length: width }, (_, at) => bytes.slice(32 * at, 32 * at + 32));
    this.#read.set(path, hashes);
    return hashes;
  }
}

function pairs(row: readonly Bytes[]): Bytes[] {
  const above: Bytes[] = [];
  for (let at = 0; at + 1 < row.length; at += 2) above.push(nodeHash(row[at] as Bytes, row[at + 1] as Bytes));
  return above;
}

/** Groups of three digits, all but the last after an x: 1234067 is x001/x234/067. */
function number(index: bigint): string {
  const digits = index.toString();
  const groups = digits.padStart(3 * Math.ceil(digits.length / 3), "0").match(/.{3}/g) ?? [];
  return groups.map((group, at) => (at + 1 < groups.length ? `x${group}` : group)).join("/");
}
