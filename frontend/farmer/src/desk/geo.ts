/**
 * Ranh giới thửa: where a plot lies, read from whatever a co-operative has: GeoJSON (RFC 7946), KML (OGC 07-147r2), or coordinates as
 * people copy them from a map or a receiver. What comes out is what the ledger's side takes (crates/export/src/geometry.rs): whole
 * millionths of a degree, rings closed and anticlockwise, holes and heights dropped, inside Vietnam. The checks have its names.
 *
 * A file is untrusted: its bytes and positions are bounded, no entity of a KML is ever expanded, and nothing of it is shown as markup.
 */

import { type Fault } from "./forms/given.ts";
import { list, object, string } from "./json.ts";

/** In whole millionths of a degree: 0.11 m. */
export interface Position {
  readonly lonE6: number;
  readonly latE6: number;
}

export type Shape = { readonly kind: "point"; readonly at: Position } | { readonly kind: "rings"; readonly rings: readonly (readonly Position[])[] };

export interface Found {
  readonly name: string;
  readonly shape: Shape;
}

export type GeoRead = { readonly ok: true; readonly found: readonly Found[] } | { readonly ok: false; readonly fault: Fault };

export const BYTES_MAX = 1 << 20;
export const POSITIONS_MAX = 5_000;
/** Shapes of one file that are offered. */
const FOUND_MAX = 2_000;
/** Above four hectares a point does not say enough (Regulation (EU) 2023/1115, article 2(28)). */
export const POINT_LIMIT_M2 = 40_000;
/** Vietnam with its islands: west, south, east, north. */
const [WEST, SOUTH, EAST, NORTH] = [102, 6.4, 118, 23.5];

class GeoFault extends Error {
  constructor(
    readonly key: string,
    readonly values: Readonly<Record<string, string | number>> = {},
  ) {
    super(key);
  }
}

const e6 = (degrees: number): number => Math.round(degrees * 1e6);

/** A position, longitude first. */
function position(lon: number, lat: number): Position {
  if (!Number.isFinite(lon) || !Number.isFinite(lat)) throw new GeoFault("geo.not_a_position");
  if (inside(lat, lon) && !inside(lon, lat)) throw new GeoFault("geo.swapped");
  if (Math.abs(lon) > 180 || Math.abs(lat) > 90) throw new GeoFault("geo.not_degrees");
  if (!inside(lon, lat)) throw new GeoFault("geo.outside_vietnam");
  return { lonE6: e6(lon), latE6: e6(lat) };
}

const inside = (lon: number, lat: number): boolean => lon >= WEST && lon <= EAST && lat >= SOUTH && lat <= NORTH;

/** Reads what somebody pasted or chose. */
export function readPlace(text: string): GeoRead {
  try {
    if (text.length > BYTES_MAX) throw new GeoFault("geo.too_large");
    const trimmed = text.replace(/^\ufeff/, "").trim();
    if (trimmed === "") throw new GeoFault("geo.nothing");
    if (trimmed.startsWith("PK")) throw new GeoFault("geo.kmz");
    const found = trimmed.startsWith("{") ? geoJson(trimmed) : trimmed.startsWith("<") ? kml(trimmed) : [{ name: "", shape: typed(trimmed) }];
    if (found.length === 0) throw new GeoFault("geo.not_geojson");
    const positions = found.reduce((sum, { shape }) => sum + count(shape), 0);
    if (positions > POSITIONS_MAX * 4) throw new GeoFault("geo.too_many_positions", { max: POSITIONS_MAX });
    return { ok: true, found };
  } catch (error) {
    if (error instanceof GeoFault) return { ok: false, fault: { key: error.key, values: error.values } };
    throw error;
  }
}

const count = (shape: Shape): number => (shape.kind === "point" ? 1 : shape.rings.reduce((sum, ring) => sum + ring.length, 0));

// GeoJSON.

function geoJson(text: string): Found[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new GeoFault("geo.not_json");
  }
  const top = object(document);
  const system = string(object(object(top["crs"])["properties"])["name"]);
  if (system !== undefined && !/CRS84$|EPSG:(?::|\d*:)?:?4326$/.test(system)) throw new GeoFault("geo.other_system", { name: system.slice(0, 60) });
  const features = top["type"] === "FeatureCollection" ? list(top["features"]) : [document];
  if (features.length > FOUND_MAX) throw new GeoFault("geo.too_many_shapes", { max: FOUND_MAX });
  return features.map((feature) => {
    const one = object(feature);
    const geometry = one["type"] === "Feature" ? object(one["geometry"]) : one;
    const properties = object(one["properties"]);
    const name = ["name", "Name", "ten", "Ten", "code", "ma", "id"].map((key) => properties[key]).find((value) => typeof value === "string" || typeof value === "number");
    return { name: String(name ?? "").slice(0, 80), shape: geometryOf(geometry) };
  });
}

function geometryOf(geometry: Readonly<Record<string, unknown>>): Shape {
  const { type, coordinates } = geometry;
  if (type === "Point") return { kind: "point", at: pair(coordinates) };
  // Only the outer ring of each polygon: the EU's information system ignores holes.
  if (type === "Polygon") return { kind: "rings", rings: [ring(list(list(coordinates)[0]).map(pair))] };
  if (type === "MultiPolygon" && list(coordinates).length > 0 && list(coordinates).length <= 100) {
    return { kind: "rings", rings: list(coordinates).map((polygon) => ring(list(list(polygon)[0]).map(pair))) };
  }
  throw new GeoFault("geo.not_geojson");
}

function pair(value: unknown): Position {
  const [lon, lat] = list(value);
  if (typeof lon !== "number" || typeof lat !== "number") throw new GeoFault("geo.not_a_position");
  return position(lon, lat);
}

// KML: read tag by tag, in one pass, without a parser of markup.

function kml(text: string): Found[] {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw new GeoFault("geo.not_kml");
  const found: Found[] = [];
  let [name, polygons, point]: [string, Position[][], Position | undefined] = ["", [], undefined];
  let inside_ = { placemark: false, inner: false, polygon: false, point: false };
  let sawKml = false;
  const finish = (): void => {
    if (polygons.length > 0) found.push({ name, shape: { kind: "rings", rings: polygons } });
    else if (point !== undefined) found.push({ name, shape: { kind: "point", at: point } });
    if (found.length > FOUND_MAX) throw new GeoFault("geo.too_many_shapes", { max: FOUND_MAX });
    [name, polygons, point] = ["", [], undefined];
  };
  for (const [, close, tag = "", after = ""] of text.matchAll(/<(\/?)(?:[A-Za-z][\w.-]*:)?([A-Za-z][\w.-]*)[^<>]*>([^<]*)/g)) {
    const opens = close === "";
    switch (tag) {
      case "kml":
        sawKml = true;
        break;
      case "Placemark":
        inside_ = { placemark: opens, inner: false, polygon: false, point: false };
        finish();
        break;
      case "name":
        if (opens && inside_.placemark) name = unescaped(after).trim().slice(0, 80);
        break;
      case "Polygon":
        inside_ = { ...inside_, polygon: opens };
        break;
      case "Point":
        inside_ = { ...inside_, point: opens };
        break;
      case "innerBoundaryIs":
        inside_ = { ...inside_, inner: opens };
        break;
      case "coordinates": {
        if (!opens || inside_.inner || (!inside_.polygon && !inside_.point)) break;
        const all = tuples(after);
        if (inside_.polygon) polygons.push(ring(all));
        else point = all[0];
      }
    }
  }
  finish();
  if (!sawKml || found.length === 0) throw new GeoFault("geo.not_kml");
  return found;
}

const unescaped = (text: string): string => text.replace(/&(lt|gt|amp|quot|apos);/g, (_, one: string) => ({ lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" })[one] ?? "");

/** `108.5,11.8,900 108.6,11.8,900`. */
function tuples(text: string): Position[] {
  const all = text.trim().split(/\s+/).filter((one) => one !== "");
  if (all.length > POSITIONS_MAX) throw new GeoFault("geo.too_many_positions", { max: POSITIONS_MAX });
  return all.map((tuple) => {
    const [lon = "", lat = ""] = tuple.split(",");
    return position(decimal(lon), decimal(lat));
  });
}

const decimal = (text: string): number => (/^[+-]?[0-9]{1,10}(?:\.[0-9]{1,20})?$/.test(text) ? Number(text) : Number.NaN);

// Coordinates as people write them: one position on a line.

function typed(text: string): Shape {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !/^[\p{L}#]/u.test(line.replace(/^[NSEWBDĐT]\s*(?=[0-9])/iu, "")));
  if (lines.length > POSITIONS_MAX) throw new GeoFault("geo.too_many_positions", { max: POSITIONS_MAX });
  if (lines.length === 0) throw new GeoFault("geo.not_a_position");
  const positions = lines.map(typedPosition);
  const [first] = positions;
  if (positions.length === 1 && first !== undefined) return { kind: "point", at: first };
  const last = positions.at(-1);
  // People do not write the first corner twice.
  const closed = first !== undefined && last !== undefined && same(first, last) ? positions : [...positions, first as Position];
  return { kind: "rings", rings: [ring(closed)] };
}

/** Either order: in Vietnam no latitude can be taken for a longitude. */
function typedPosition(line: string): Position {
  const angles = sexagesimal(line) ?? pairOf(line);
  if (angles === undefined) throw new GeoFault("geo.line", { line: line.slice(0, 40) });
  const [a, b] = angles;
  return inside(b, a) ? position(b, a) : position(a, b);
}

function pairOf(line: string): readonly [number, number] | undefined {
  // `11.870050, 108.500000` · `11,870050 108,500000` · `11.87 108.5`
  const bare = line.replace(/^\s*\d{1,4}[.)]\s+/, "").replace(/[°NSEWnsewĐđBb]/g, " ").trim();
  const parts = /^[+-]?\d+,\d+\s*[;\s]\s*[+-]?\d+,\d+$/.test(bare) ? bare.split(/[;\s]+/).map((one) => one.replace(",", ".")) : bare.split(/[,;\s]+/);
  const numbers = parts.filter((one) => one !== "").map(decimal);
  const [a, b] = numbers;
  // A third number is a height.
  return (numbers.length === 2 || numbers.length === 3) && a !== undefined && b !== undefined && !Number.isNaN(a) && !Number.isNaN(b) ? [a, b] : undefined;
}

function sexagesimal(line: string): readonly [number, number] | undefined {
  const angle = String.raw`(\d{1,3})\s*[°º]\s*(\d{1,2})\s*['’′]\s*(\d{1,2}(?:[.,]\d{1,10})?)\s*(?:["”″]|'')?`;
  const found = [...line.matchAll(new RegExp(angle, "g"))].map(([, degrees, minutes, seconds = "0"]) => Number(degrees) + Number(minutes) / 60 + Number(seconds.replace(",", ".")) / 3600);
  const [a, b] = found;
  return found.length === 2 && a !== undefined && b !== undefined ? [a, b] : undefined;
}

// Rings.

const same = (a: Position, b: Position): boolean => a.lonE6 === b.lonE6 && a.latE6 === b.latE6;

/** A closed ring, checked, anticlockwise; positions that repeat the one before are dropped. */
function ring(all: readonly Position[]): Position[] {
  if (all.length > POSITIONS_MAX) throw new GeoFault("geo.too_many_positions", { max: POSITIONS_MAX });
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined || all.length < 4) throw new GeoFault("geo.too_few_positions");
  if (!same(first, last)) throw new GeoFault("geo.not_closed");
  const closed = all.filter((one, at) => at === 0 || !same(one, all[at - 1] as Position));
  if (closed.length < 4) throw new GeoFault("geo.too_few_positions");
  const sum = twiceTheArea(closed);
  if (sum === 0n) throw new GeoFault("geo.no_area");
  if (crossesItself(closed)) throw new GeoFault("geo.crosses_itself");
  return sum < 0n ? closed.reverse() : closed;
}

/** Positive when anticlockwise. */
function twiceTheArea(closed: readonly Position[]): bigint {
  let sum = 0n;
  for (let at = 1; at < closed.length; at += 1) {
    const [a, b] = [closed[at - 1] as Position, closed[at] as Position];
    // Products are below 2^53, their sum may not be.
    sum += BigInt(a.lonE6 * b.latE6) - BigInt(b.lonE6 * a.latE6);
  }
  return sum;
}

/** Above zero left of the line from a to b, below right, zero on it. Within Vietnam products are below 2^50. */
const sideOf = (a: Position, b: Position, c: Position): number => (b.lonE6 - a.lonE6) * (c.latE6 - a.latE6) - (b.latE6 - a.latE6) * (c.lonE6 - a.lonE6);
const dot = (from: Position, one: Position, other: Position): number => (one.lonE6 - from.lonE6) * (other.lonE6 - from.lonE6) + (one.latE6 - from.latE6) * (other.latE6 - from.latE6);

/** Whether two sides meet elsewhere than at the corner that they share. */
function crossesItself(closed: readonly Position[]): boolean {
  const sides = closed.length - 1;
  for (let one = 0; one < sides; one += 1) {
    const [a, b] = [closed[one] as Position, closed[one + 1] as Position];
    for (let other = one + 1; other < sides; other += 1) {
      const [c, d] = [closed[other] as Position, closed[other + 1] as Position];
      const meets =
        other === one + 1 ? sideOf(a, b, d) === 0 && dot(b, a, d) > 0 : one === 0 && other === sides - 1 ? sideOf(c, d, b) === 0 && dot(a, b, c) > 0 : touch(a, b, c, d);
      if (meets) return true;
    }
  }
  return false;
}

function touch(a: Position, b: Position, c: Position, d: Position): boolean {
  const [one, two] = [Math.sign(sideOf(a, b, c)), Math.sign(sideOf(a, b, d))];
  const [three, four] = [Math.sign(sideOf(c, d, a)), Math.sign(sideOf(c, d, b))];
  if (one !== two && three !== four) return true;
  const within = (x: number, y: number, z: number): boolean => Math.min(x, y) <= z && z <= Math.max(x, y);
  const between = (from: Position, to: Position, at: Position): boolean => within(from.lonE6, to.lonE6, at.lonE6) && within(from.latE6, to.latE6, at.latE6);
  return (one === 0 && between(a, b, c)) || (two === 0 && between(a, b, d)) || (three === 0 && between(c, d, a)) || (four === 0 && between(c, d, b));
}

// Area.

/** WGS 84: half the great axis in metres, and the eccentricity. */
const AXIS_M = 6_378_137;
const E = Math.sqrt(0.006_694_379_990_141_3);

/** Snyder's q (Map Projections, 3-12): the area of the ellipsoid from the equator up to a latitude, in its own unit. */
function q(lat: number): number {
  const sin = Math.sin(lat);
  return (1 - E * E) * (sin / (1 - E * E * sin * sin) - Math.log((1 - E * sin) / (1 + E * sin)) / (2 * E));
}

/**
 * The area on the ellipsoid of WGS 84, in whole m²; none of a point. Exact for sides that are straight on the cylinder of equal areas; for a
 * plot's sides the difference to the shortest lines is far below a square metre.
 */
export function areaM2(shape: Shape): number | undefined {
  if (shape.kind === "point") return undefined;
  const radians = (millionths: number): number => (millionths / 1e6) * (Math.PI / 180);
  const one = (closed: readonly Position[]): number => {
    let sum = 0;
    for (let at = 1; at < closed.length; at += 1) {
      const [a, b] = [closed[at - 1] as Position, closed[at] as Position];
      sum += radians(b.lonE6 - a.lonE6) * (q(radians(a.latE6)) + q(radians(b.latE6)));
    }
    return Math.abs((sum * AXIS_M * AXIS_M) / 4);
  };
  return shape.rings.reduce((sum, ring_) => sum + Math.round(one(ring_)), 0);
}

// Writing.

const degrees = (millionths: number): string => {
  const all = String(Math.abs(millionths)).padStart(7, "0");
  return `${millionths < 0 ? "-" : ""}${all.slice(0, -6)}.${all.slice(-6)}`;
};
const written = ({ lonE6, latE6 }: Position): string => `[${degrees(lonE6)},${degrees(latE6)}]`;

/** The geometry with six decimals, as the ledger's own side writes it. */
export function geometry(shape: Shape): string {
  if (shape.kind === "point") return `{"type":"Point","coordinates":${written(shape.at)}}`;
  const rings = shape.rings.map((one) => `[${one.map(written).join(",")}]`);
  return rings.length === 1 ? `{"type":"Polygon","coordinates":[${rings[0]}]}` : `{"type":"MultiPolygon","coordinates":[${rings.map((one) => `[${one}]`).join(",")}]}`;
}

/** What stands in a plot's private section of places. */
export const feature = (shape: Shape): string => `{"type":"Feature","geometry":${geometry(shape)},"properties":{}}`;

/** The outline as a drawing of `side` units: north is up, a metre is as long both ways. With the length of its scale. */
export function drawing(shape: Shape, side = 200): { readonly d: string; readonly metres: number } | undefined {
  if (shape.kind === "point") return undefined;
  const all = shape.rings.flat();
  const [lons, lats] = [all.map((one) => one.lonE6), all.map((one) => one.latE6)];
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const narrow = Math.cos(((south + north) / 2e6) * (Math.PI / 180));
  const span = Math.max((east - west) * narrow, north - south, 1);
  const scale = (side * 0.9) / span;
  const x = (one: Position): string => ((one.lonE6 - (west + east) / 2) * narrow * scale + side / 2).toFixed(1);
  const y = (one: Position): string => (side / 2 - (one.latE6 - (south + north) / 2) * scale).toFixed(1);
  const d = shape.rings.map((one) => `M${one.slice(0, -1).map((at) => `${x(at)} ${y(at)}`).join("L")}Z`).join("");
  return { d, metres: Math.round((span / 1e6) * 111_000) };
}
