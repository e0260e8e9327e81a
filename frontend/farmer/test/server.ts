/** The test's ledger behind HTTP, with the questions that the app asks of it, and the shell as a ledger's server serves it. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { type Bytes, text } from "../../verifier/src/core/bytes.ts";
import { type Invitation } from "../src/core/draft.ts";
import { FakeLedger, LEDGER, ORIGIN } from "./ledger.ts";

export const ORGANISATION = "22".repeat(32);
const SALT = (n: number): string => n.toString(16).padStart(2, "0").repeat(16);

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; media-src blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  html: "text/html; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  webmanifest: "application/manifest+json",
};

const vi = (text: string) => [{ "@value": text, "@language": "vi" }];

export const PLOTS = ["T01", "T02", "T03", "T04", "T05", "T06", "T07", "T08", "T09"].map((code, n) => ({
  uri: `https://${ORIGIN}/plot/don-duong/${code}`,
  kind: "plot",
  salt: SALT(n + 1),
  newest: null,
  status: "registered",
  path: null,
  state: { type: "nguon:Plot", "nguon:code": code, "nguon:crop": vi("Cà chua"), "nguon:placeName": vi("Ka Đô"), "nguon:areaSquareMetres": 1000 + 250 * n, "nguon:cropCode": "tomato", "nguon:growingMethod": "FIELD_GROWN" },
}));

const PRODUCTS = [
  ["ca-chua-don-duong", "Cà chua Đơn Dương"],
  ["ca-chua-bi", "Cà chua bi"],
].map(([code, name], n) => ({
  uri: `https://${ORIGIN}/p/${code}`,
  kind: "product",
  salt: SALT(n + 40),
  newest: null,
  status: "active",
  path: null,
  state: { type: "nguon:Product", "nguon:code": code, "nguon:name": vi(name ?? "") },
}));

const CROPS = [
  { key: "tomato", methods: [], vi: "cà chua", en: "tomatoes", per: "cycle", cycles: 3, days: 210, cap_kg_ha: 130_000, typical_kg_ha: [50_000, 80_000], months: [] },
  { key: "potato", methods: [], vi: "khoai tây", en: "potatoes", per: "cycle", cycles: 2, days: 150, cap_kg_ha: 40_000, typical_kg_ha: [18_000, 25_000], months: [] },
];

const STEPS: Readonly<Record<string, string>> = { creating_class_instance: "harvesting" };

export class FakeServer extends FakeLedger {
  readonly enrolments = new Map<string, { invitation: Invitation; state: string; answer?: { device: string; possession: string } }>();
  roles: readonly string[] = ["diary", "lot"];
  /** What colleagues have entered. */
  diary: object[] = [];
  recalls: object[] = [];
  findings: object[] = [];

  invite(id: string): Invitation {
    const invitation = { ledger_id: LEDGER, organisation: ORGANISATION, roles: 3, flags: 0, not_after_ms: Date.parse("2028-12-31T00:00:00Z"), person: null };
    this.enrolments.set(id, { invitation, state: "open" });
    return invitation;
  }

  /** The manager compares six digits, and delegates. */
  admit_(id: string): void {
    const enrolment = this.enrolments.get(id);
    if (enrolment?.answer === undefined) throw new Error("nobody has answered");
    this.admitted.add(enrolment.answer.device);
    enrolment.state = "admitted";
  }

  override async answer(method: string, url: URL, body: Bytes | undefined, headers: Headers): Promise<Response> {
    const [, id, answering] = /^\/api\/v1\/enrolments\/([0-9a-f]{32})(\/answer)?$/.exec(url.pathname) ?? [];
    if (id !== undefined) {
      const enrolment = this.enrolments.get(id);
      if (enrolment === undefined) return this.problem(404, "invitation-unknown");
      if (answering === undefined) {
        return this.json(200, { invitation: enrolment.invitation, organisation: { id: ORGANISATION, name: { vi: "HTX Rau Đơn Dương", en: "Đơn Dương Co-operative" } }, expires_at_ms: Date.parse("2028-01-01"), state: enrolment.state });
      }
      const given = JSON.parse(text(body ?? new Uint8Array()) ?? "{}") as { device: string; possession: string };
      if (enrolment.answer !== undefined && enrolment.answer.device !== given.device) return this.problem(409, "invitation-used");
      const isNew = enrolment.answer === undefined;
      enrolment.answer = given;
      if (enrolment.state === "open") enrolment.state = "answered";
      return this.json(isNew ? 201 : 200, {});
    }
    if (url.pathname.startsWith("/api/v1/desk")) return this.#desk(url, headers);
    if (url.pathname === "/api/v1/crops") return this.json(200, CROPS);
    if (url.pathname === "/api/v1/preflight") return this.json(200, { results: [{ may_sign: true, gravest: null, refusals: [], lots: [] }] });
    return super.answer(method, url, body, headers);
  }

  #desk(url: URL, headers: Headers): Response {
    const key = /keyid="([0-9a-f]{64})"/.exec(headers.get("signature-input") ?? "")?.[1];
    if (key === undefined) return this.problem(401, "request-unsigned");
    const created = Number(/created=(\d+)/.exec(headers.get("signature-input") ?? "")?.[1]);
    if (Math.abs(created * 1000 - this.nowMs) > 300_000) return this.problem(401, "request-signature-stale");
    if (!this.admitted.has(key)) return this.problem(403, "not-yours");
    const head = this.head(key);
    switch (url.pathname) {
      case "/api/v1/desk":
        return this.json(200, {
          organisation: { id: ORGANISATION, uri: `urn:nguon:org:${ORGANISATION}`, name: { vi: "HTX Rau Đơn Dương", en: "Đơn Dương Co-operative" }, standing: ["producer"], commune: null },
          key: { key, rights: "delegated", roles: this.roles, gateway: false, not_after_ms: null, head: head === undefined ? null : { seq: Number(head.seq), event_id: head.event }, revoked: null, frozen: false, fork: null },
          person: null,
          size: this.log.length,
          now_ms: this.nowMs,
        });
      case "/api/v1/desk/subjects": {
        const kind = url.searchParams.get("kind");
        return this.json(200, { subjects: kind === "plot" ? PLOTS : kind === "product" ? PRODUCTS : this.#lots(), next: null });
      }
      case "/api/v1/desk/diary":
        return this.json(200, { entries: [...this.#lines(url.searchParams.get("plot") ?? ""), ...(url.searchParams.get("plot") === PLOTS[0]?.uri ? this.diary : [])] });
      case "/api/v1/desk/messages":
        return this.json(200, { findings: this.findings, held: [], forks: [], recalls: this.recalls, scan_signs: [], reports: [] });
      default:
        return this.problem(404, "not-found");
    }
  }

  #documents() {
    return this.log.map((one, index) => ({ index, event: one.record.event, json: JSON.parse(one.payloads[0] ?? "{}") as Record<string, any> }));
  }

  #lots(): object[] {
    return this.#documents().flatMap(({ json }) => {
      if (json["action"] !== "ADD") return [];
      const [{ epcClass, quantity }] = json["quantityList"];
      const lot = json["ilmd"];
      const salt = json["nguon:subjects"].find((one: { uri: string }) => one.uri === epcClass)?.salt;
      const made = quantity * 1000;
      return [{ uri: epcClass, kind: "lot", salt, newest: null, status: "active", path: new URL(epcClass).pathname.replace("/thu", ""), state: { number: lot["cbvmda:lotNumber"], product: lot["nguon:product"], harvest_from: lot["cbvmda:harvestStartDate"], balance: { unit: "gram", made, used: 0, shipped: 0, sold: 0, lost: 0, left: made }, findings: [] } }];
    });
  }

  #lines(plot: string): object[] {
    return this.#documents().flatMap(({ index, event, json }) => {
      if (json["readPoint"]?.id !== plot) return [];
      const step = STEPS[json["bizStep"]] ?? String(json["bizStep"]).replace("urn:nguon:bizStep:", "");
      const lots = (json["quantityList"] ?? []).map((one: { epcClass: string; quantity: number }) => ({ uri: one.epcClass, quantity: { amount: one.quantity * 1000, unit: "gram" } }));
      return [{ event_id: event, index, day: json["eventTime"].slice(0, 10), time_ms: Date.parse(json["eventTime"]), step, effect: "counts", input: json["nguon:inputName"], dose: json["nguon:dose"], phi_days: json["nguon:preHarvestIntervalDays"] ?? null, lots, entered_for_another: json["nguon:enteredForAnother"] === true, confirmed_by: null }];
    });
  }
}

export interface Served {
  readonly origin: string;
  /** From here on nobody reaches it. */
  cut(): Promise<void>;
  /** It is there again, at the same address. */
  restore(): Promise<void>;
  /** Serves the shell's files changed: a newer version. */
  change(how: (file: string, bytes: Buffer) => Buffer): void;
}

/** Serves the built shell from `folder`, and the ledger's answers. */
export async function serve(folder: string, ledger: FakeServer): Promise<Served> {
  const special: Readonly<Record<string, string>> = { "/app": "app.html", "/app/sw.js": "sw.js", "/app/manifest.webmanifest": "manifest.webmanifest" };
  let changed = (_file: string, bytes: Buffer): Buffer => bytes;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    const file = special[url.pathname] ?? /^\/assets\/([A-Za-z0-9._-]+)$/.exec(url.pathname)?.[1];
    if (file !== undefined) {
      const read = await readFile(join(folder, file)).catch(() => undefined);
      const bytes = read === undefined ? undefined : brotliCompressSync(changed(file, read), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
      if (bytes === undefined) return void response.writeHead(404).end();
      const type = TYPES[file.slice(file.lastIndexOf(".") + 1)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "content-encoding": "br", "content-security-policy": POLICY, "service-worker-allowed": "/app", "cache-control": url.pathname.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache" });
      return void response.end(bytes);
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = parts.length === 0 ? {} : { body: new Uint8Array(Buffer.concat(parts)) };
    ledger.nowMs = Date.now();
    const found = await ledger.fetch(url, { method: request.method ?? "GET", headers: request.headers as Record<string, string>, ...body });
    response.writeHead(found.status, Object.fromEntries(found.headers));
    response.end(Buffer.from(await found.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { origin: `http://127.0.0.1:${port}`, cut, restore: () => listen(port), change: (how) => { changed = how; } };
}
