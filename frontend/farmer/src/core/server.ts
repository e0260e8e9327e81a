/**
 * What is asked of the ledger's server, and what it answers. An answer is one of three: what was asked for, a problem (RFC 9457) in
 * words for people, or nothing at all because there was no network.
 */

import { type Bytes, utf8 } from "../../../verifier/src/core/bytes.ts";
import { type Clock } from "./clock.ts";
import { type Signer } from "./key.ts";
import { signedHeaders } from "./request.ts";

/** Why something was not done. `code` is stable; the texts are the server's own. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly vi: { readonly title: string; readonly detail: string };
  readonly en: { readonly title: string; readonly detail: string };
  readonly members: Readonly<Record<string, unknown>>;
}

export type Answer<T> =
  | { readonly ok: true; readonly status: number; readonly value: T }
  | { readonly ok: false; readonly problem: Problem }
  | { readonly ok: false; readonly problem?: undefined; readonly offline: true };

const PATIENCE_MS = 30_000;

const isText = (value: unknown): value is { title: string; detail: string } =>
  typeof value === "object" && value !== null && "title" in value && "detail" in value;

/** Reads a problem document; an answer of a proxy between, which has none, becomes one that says so. */
export function readProblem(status: number, body: unknown): Problem {
  const document = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const { type, vi, en, ...members } = document;
  const code = typeof type === "string" && type.startsWith("urn:nguon:problem:") ? type.slice(18) : status >= 500 ? "unavailable" : "unexpected";
  const bare = (title: string) => ({ title, detail: `HTTP ${status}` });
  return {
    code,
    status,
    vi: isText(vi) ? vi : bare("Máy chủ trả lời không như mong đợi"),
    en: isText(en) ? en : bare("The server gave an unexpected answer"),
    members,
  };
}

export interface Ask {
  readonly method?: string;
  /** Path, and query if there is one. */
  readonly path: string;
  readonly body?: Bytes;
  readonly mediaType?: string;
  /** Who asks, for what is not everybody's to read. */
  readonly signer?: Signer;
  readonly patienceMs?: number;
}

export class Server {
  constructor(
    /** Scheme and authority: `https://nguon.example`. */
    readonly base: string,
    readonly clock: Clock,
    private readonly fetching: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  async #once(ask: Ask, ledger: string | undefined): Promise<Response | undefined> {
    const { method = "GET", path, body, signer } = ask;
    const url = new URL(path, this.base);
    const asked = { method, authority: url.host.toLowerCase(), path: url.pathname };
    const query = url.search === "" ? {} : { query: url.search.slice(1) };
    const payload = body === undefined ? {} : { body };
    const signed =
      signer === undefined || ledger === undefined
        ? {}
        : await signedHeaders(signer, ledger, { ...asked, ...query, ...payload }, this.clock.now() / 1000);
    try {
      const response = await this.fetching(url, {
        method,
        headers: { ...signed, ...(body === undefined ? {} : { "Content-Type": ask.mediaType ?? "application/json" }) },
        ...payload,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: AbortSignal.timeout(ask.patienceMs ?? PATIENCE_MS),
      });
      return response;
    } catch {
      // No network, or no answer in time: the same to whoever waits.
      return undefined;
    }
  }

  /** Asks once more with the server's time if it found the signature's time stale. */
  async #ask(ask: Ask, ledger?: string): Promise<Response | undefined> {
    const response = await this.#once(ask, ledger);
    if (response === undefined) return undefined;
    this.clock.learnFrom(response.headers.get("date"));
    if (response.status !== 401 || ask.signer === undefined) return response;
    const problem = readProblem(401, await response.clone().json().catch(() => undefined));
    return problem.code === "request-signature-stale" ? this.#once(ask, ledger) : response;
  }

  async bytes(ask: Ask, ledger?: string): Promise<Answer<Bytes>> {
    const response = await this.#ask(ask, ledger);
    if (response === undefined) return { ok: false, offline: true };
    try {
      if (response.ok) return { ok: true, status: response.status, value: new Uint8Array(await response.arrayBuffer()) };
      return { ok: false, problem: readProblem(response.status, await response.json().catch(() => undefined)) };
    } catch {
      // The line broke in the middle of the answer.
      return { ok: false, offline: true };
    }
  }

  async json<T>(ask: Ask, ledger?: string): Promise<Answer<T>> {
    const answer = await this.bytes(ask, ledger);
    if (!answer.ok) return answer;
    if (answer.value.length === 0) return { ...answer, value: undefined as T };
    try {
      return { ...answer, value: JSON.parse(new TextDecoder().decode(answer.value)) as T };
    } catch {
      return { ok: false, problem: readProblem(answer.status, undefined) };
    }
  }

  /** Sends records. One that is refused alone makes the whole answer 4xx, and still has its own answer inside. */
  async submit(body: Bytes): Promise<Answer<readonly RecordAnswer[]>> {
    const response = await this.#ask({ method: "POST", path: "/api/v1/records", body, patienceMs: 2 * PATIENCE_MS });
    if (response === undefined) return { ok: false, offline: true };
    let document: unknown;
    try {
      document = JSON.parse(await response.text());
    } catch {
      // The line broke: whether they were taken, the next time tells. Or somebody's proxy answered.
      return response.ok ? { ok: false, offline: true } : { ok: false, problem: readProblem(response.status, undefined) };
    }
    const results = typeof document === "object" && document !== null && "results" in document ? document.results : undefined;
    if (Array.isArray(results)) return { ok: true, status: response.status, value: results as readonly RecordAnswer[] };
    return { ok: false, problem: readProblem(response.status, document) };
  }

  send<T>(method: string, path: string, body: unknown, signed?: { readonly signer: Signer; readonly ledger: string }): Promise<Answer<T>> {
    const ask = { method, path, body: utf8(JSON.stringify(body)) };
    return signed === undefined ? this.json(ask) : this.json({ ...ask, signer: signed.signer }, signed.ledger);
  }
}

/** What became of one record (`POST /api/v1/records`). */
export interface RecordAnswer {
  readonly status: number;
  readonly state: "logged" | "held" | "refused";
  readonly event_id?: string;
  readonly index?: number;
  readonly hold?: { readonly reason: string; readonly vi?: string; readonly en?: string } & Readonly<Record<string, unknown>>;
  readonly problem?: unknown;
}
