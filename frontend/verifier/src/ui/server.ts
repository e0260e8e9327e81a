/** What is asked of a ledger's server. Every failure has a code. */

import { type Bytes } from "../core/bytes.ts";
import { CheckError, type Code } from "../core/fault.ts";
import { type FetchTile } from "../core/merkle.ts";

const PATIENCE_MS = 60_000;
const ANSWERS: Readonly<Record<number, Code>> = {
  400: "address-malformed",
  404: "lot-unknown",
  422: "file-too-large",
  429: "server-busy",
  503: "server-busy",
};

async function get(address: string, cache: RequestCache = "default"): Promise<Response> {
  try {
    return await fetch(address, { cache, credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    throw new CheckError("network", String(error));
  }
}

async function body(response: Response): Promise<Bytes> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new CheckError("network", String(error));
  }
}

/** The light form of a lot's evidence. `base` is the server's address without the slash at the end, or nothing for this one. */
export async function fetchCheck(base: string, lot: string): Promise<Bytes> {
  // An answer of half a minute ago is asked after: a recall may have come.
  const response = await get(`${base}/api/v1/check/${lot}`, "no-cache");
  if (!response.ok) throw new CheckError(ANSWERS[response.status] ?? "server-refused", `HTTP ${response.status}`);
  return body(response);
}

export const tilesOf =
  (base: string): FetchTile =>
  async (path) => {
    const response = await get(`${base}/${path}`);
    if (response.status === 404) return undefined;
    // An answer that is no file of the log proves nothing either way.
    if (!response.ok) throw new CheckError("network", `HTTP ${response.status}`);
    return body(response);
  };

/** A lot's address, as it stands in a code or in an address bar: where its ledger is, and the path of its page. */
export function lotOf(address: string, here?: string): { readonly base: string; readonly lot: string } {
  let url: URL;
  try {
    url = new URL(address.trim(), here);
  } catch {
    throw new CheckError("address-malformed");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new CheckError("address-malformed", url.protocol);
  // A serial number is about one pack; the records are about its lot.
  const [, gs1, own] =
    /^\/(01\/[0-9]{8,14}\/10\/[^/]+)(?:\/21\/[^/]+)?\/?$|^\/(p\/[^/]+\/l\/[^/]+)(?:\/s\/[^/]+)?\/?$/.exec(url.pathname) ?? [];
  const lot = gs1 ?? own;
  if (lot === undefined) throw new CheckError("address-malformed", url.pathname);
  return { base: url.origin, lot };
}

/** A path as it was meant: what is not percent-encoding stays as it is. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
