/** The test's ledger with the questions that the desk asks of it, behind HTTP, with the page as a ledger's server serves it. */

import { createServer, type Server } from "node:http";
import { base64, type Bytes, hex, text } from "../../verifier/src/core/bytes.ts";
import { ed25519, enrol } from "../../verifier/src/core/ed25519.ts";
import { KIND } from "../../verifier/src/core/record.ts";
import { unbase64, unhex } from "../../verifier/src/core/bytes.ts";
import { type Invitation, ROLE } from "../src/core/draft.ts";
import { FakeLedger, LEDGER, ORIGIN } from "./ledger.ts";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; media-src blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", json: "application/json", html: "text/html; charset=utf-8", svg: "image/svg+xml" };

export const vi = (words: string, en?: string) => [{ "@value": words, "@language": "vi" }, ...(en === undefined ? [] : [{ "@value": en, "@language": "en" }])];
const SALT = (n: number): string => n.toString(16).padStart(2, "0").repeat(16);

interface Enrolment {
  invitation: Invitation;
  created_at_ms: number;
  expires_at_ms: number;
  answer: { device: string; possession: string } | null;
  state: string;
}

type Thing = { uri: string; kind: string; salt: string | null; newest: string | null; status: string; state: object; path: string | null };

export class FakeDesk extends FakeLedger {
  organisation = "22".repeat(32);
  standing: string[] = ["producer", "packer"];
  roles: string[] = ["diary", "lot", "commerce", "recall", "admin"];
  rights = "delegated";
  readonly enrolments = new Map<string, Enrolment>();
  readonly things: Thing[] = [];
  readonly members: { key: string; name: string | undefined; phone?: string; roles: string[]; rights?: string; frozen?: boolean; event?: string }[] = [];
  readonly revoked = new Set<string>();
  readonly erasures: object[] = [];
  readonly looked: object[] = [];
  readonly bodies: { path: string; body: string }[] = [];
  messages: Record<string, unknown> = {};
  outlook: (draft: Record<string, any>) => object = () => ({ may_sign: true, gravest: null, refusals: [], lots: [] });
  /** What a sheet is read as. */
  sheet: object = { rows: 0, errors: [], drafts: [] };

  thing(kind: string, path: string, state: object, more: Partial<Thing> = {}): Thing {
    const uri = path.startsWith("http") ? path : `https://${ORIGIN}/${path}`;
    const made: Thing = { uri, kind, salt: SALT(this.things.length + 1), newest: null, status: "active", path: null, state, ...more };
    this.things.push(made);
    return made;
  }

  override admit(one: Parameters<FakeLedger["admit"]>[0]) {
    const { record } = one;
    if (record.kind === KIND.genesis && record.ledger === LEDGER) this.admitted.add(record.author);
    const answer = super.admit(one);
    if (answer.status !== 201) return answer;
    const key = hex(record.control.subarray(0, 32));
    if (record.kind === KIND.genesis) {
      this.organisation = record.event;
      this.standing = [];
      this.members.push({ key: record.author, name: undefined, roles: Object.keys(ROLE), rights: "root" });
    }
    if (record.kind === KIND.delegate) {
      this.admitted.add(key);
      const person = JSON.parse(one.payloads.at(-1) ?? "null") as { name?: string; phone?: string } | null;
      const bits = ((record.control[32] ?? 0) << 8) | (record.control[33] ?? 0);
      const found = this.members.findIndex((member) => member.key === key);
      if (found >= 0) this.members.splice(found, 1);
      this.members.push({ key, name: person?.name, ...(person?.phone === undefined ? {} : { phone: person.phone }), roles: Object.entries(ROLE).filter(([, bit]) => (bits & bit) !== 0).map(([role]) => role), event: record.event });
      for (const enrolment of this.enrolments.values()) if (enrolment.answer?.device === key) enrolment.state = "admitted";
    }
    if (record.kind === KIND.revoke) this.revoked.add(key);
    return answer;
  }

  /** Whether a request was signed by the key that it names, over its body, too. */
  async #key(method: string, url: URL, body: Bytes | undefined, headers: Headers): Promise<string | undefined> {
    const [, parameters, key] = /^nguon=(.*keyid="([0-9a-f]{64})".*)$/.exec(headers.get("signature-input") ?? "") ?? [];
    const signature = unbase64(/^nguon=:(.*):$/.exec(headers.get("signature") ?? "")?.[1] ?? "");
    if (parameters === undefined || key === undefined || signature === undefined) return undefined;
    const digest = headers.get("content-digest");
    if (body !== undefined) {
      const sum = Buffer.from(await crypto.subtle.digest("SHA-256", body)).toString("base64");
      if (digest !== `sha-256=:${sum}:` || !parameters.includes('"content-digest"')) return undefined;
    }
    const lines = [`"@method": ${method}`, `"@authority": ${url.host}`, `"@path": ${url.pathname}`, `"@query": ?${url.search.slice(1)}`, ...(digest === null ? [] : [`"content-digest": ${digest}`]), `"@signature-params": ${parameters}`];
    const known = enrol(unhex(key, 32) as Bytes);
    const holds = typeof known === "object" && (await (await ed25519()).verify(known, new TextEncoder().encode(lines.join("\n")) as Bytes, signature));
    return holds && parameters.includes(`tag="nguon:${LEDGER}"`) ? key : undefined;
  }

  override async answer(method: string, url: URL, body: Bytes | undefined, headers: Headers): Promise<Response> {
    const path = url.pathname;
    if (path === "/api/v1/ledger") return this.json(200, { ...(await (await super.answer(method, url, body, headers)).json()), public_base_url: `http://${url.host}` });
    if (path === "/api/v1/preflight") return this.json(200, { results: (JSON.parse(text(body ?? new Uint8Array()) ?? "{}").drafts as Record<string, any>[]).map(this.outlook) });
    if (path === "/api/v1/crops") return this.json(200, [{ key: "tomato", methods: [], vi: "cà chua", en: "tomatoes", per: "cycle", cycles: 3, days: 210, cap_kg_ha: 130_000, typical_kg_ha: [50_000, 80_000], months: [] }]);
    if (path === "/api/v1/organisations") return this.json(200, { organisations: [{ id: this.organisation, name: { vi: "HTX Rau Đơn Dương", en: null }, standing: this.standing }, { id: "33".repeat(32), name: { vi: "Công ty Đóng gói Đức Trọng", en: "Đức Trọng Packing" }, standing: ["packer"] }] });
    const [, enrolment, answering] = /^\/api\/v1\/enrolments\/([0-9a-f]{32})(\/answer)?$/.exec(path) ?? [];
    if (enrolment !== undefined) {
      const laid = this.enrolments.get(enrolment);
      if (laid === undefined) return this.problem(404, "invitation-unknown");
      if (answering === undefined) return this.json(200, { invitation: laid.invitation, organisation: { id: laid.invitation.organisation, name: { vi: "HTX Rau Đơn Dương", en: null } }, expires_at_ms: laid.expires_at_ms, state: laid.state });
      const given = JSON.parse(text(body ?? new Uint8Array()) ?? "{}") as { device: string; possession: string };
      if (laid.answer !== null && laid.answer.device !== given.device) return this.problem(409, "invitation-used");
      laid.answer = given;
      if (laid.state === "open") laid.state = "answered";
      return this.json(201, {});
    }
    const [, event] = /^\/api\/v1\/records\/([0-9a-f]{64})$/.exec(path) ?? [];
    const [, at] = /^\/api\/v1\/log\/entries\/(\d+)$/.exec(path) ?? [];
    if (event !== undefined || at !== undefined) return this.#record(event ?? this.log[Number(at)]?.record.event ?? "");
    if (path.startsWith("/api/v1/recall-scope/")) {
      const lot = this.things.find((one) => one.path !== null && path.endsWith(one.path));
      return this.json(200, { lot: lot?.uri, cut_off: false, packs_made: 800, packs_left: 320, lots: [{ uri: lot?.uri, steps: 0, product: { vi: "Cà chua", en: null }, recalled: false, made: { amount: 820_000, unit: "gram" }, sold: { amount: 0, unit: "gram" }, left: { amount: 120_000, unit: "gram" }, page_url: null }], organisations: [{ organisation_id: "33".repeat(32), name: { vi: "Công ty Đóng gói Đức Trọng", en: null }, hotline: "02633 000 111", lots: {} }], buyers: [], plots: [], listings: [] });
    }
    if (path.startsWith("/api/v1/desk") || path.startsWith("/api/v1/serials")) {
      const key = await this.#key(method, url, body, headers);
      if (key === undefined) return this.problem(401, "request-signature-wrong");
      if (!this.admitted.has(key)) return this.problem(403, "not-yours");
      return this.#desk(method, url, body, key);
    }
    return super.answer(method, url, body, headers);
  }

  #record(event: string): Response {
    const index = this.log.findIndex((one) => one.record.event === event);
    const found = this.log[index];
    if (found === undefined) return this.problem(404, "record-not-found");
    const { record, payloads } = found;
    const sections = record.sections.map((section, position) => (section.type === 1 ? { position, type: 1, state: "open", payload: base64(new TextEncoder().encode(payloads[position] ?? "")) } : { position, type: section.type, state: "private" }));
    return this.json(200, { event_id: event, index, organisation_id: record.organisation, author: record.author, seq: Number(record.seq), sections, record: base64(record.bytes) });
  }

  #desk(method: string, url: URL, body: Bytes | undefined, key: string): Response {
    const path = url.pathname.replace("/api/v1/desk", "");
    const said = body === undefined ? "" : (text(body) ?? "");
    const head = this.head(key);
    const member = this.members.find((one) => one.key === key);
    if (body !== undefined) this.bodies.push({ path, body: said });
    if (url.pathname.startsWith("/api/v1/serials")) return new Response("number,serial,url\n1,00001ABC,https://nguon.example/x\n");
    const [, id] = /^\/enrolments\/([0-9a-f]{32})$/.exec(path) ?? [];
    if (id !== undefined && method === "PUT") {
      const { invitation, expires_at_ms } = JSON.parse(said) as Enrolment;
      this.enrolments.set(id, { invitation, expires_at_ms, created_at_ms: this.nowMs, answer: null, state: "open" });
      return this.json(201, {});
    }
    if (id !== undefined && method === "DELETE") return this.json(this.enrolments.delete(id) ? 200 : 404, {});
    const [, kind] = /^\/import\/([a-z]+)$/.exec(path) ?? [];
    if (kind !== undefined) return this.json(200, this.sheet);
    if (/^\/(?:template|export)\//.test(path)) return new Response("PK\u0003\u0004");
    switch (path) {
      case "":
        return this.json(200, {
          organisation: { id: this.organisation, uri: `urn:nguon:org:${this.organisation}`, name: { vi: "HTX Rau Đơn Dương", en: "Đơn Dương Vegetable Co-operative" }, standing: this.standing, commune: "24931@2025-07-01" },
          key: { key, rights: member?.rights ?? this.rights, roles: member?.roles ?? this.roles, gateway: false, not_after_ms: null, head: head === undefined ? null : { seq: Number(head.seq), event_id: head.event }, revoked: null, frozen: false, fork: null },
          person: null,
          size: this.log.length,
          now_ms: this.nowMs,
        });
      case "/subjects":
        return this.json(200, { subjects: [...this.things, ...this.#laid()].filter((one) => one.kind === url.searchParams.get("kind")), next: null });
      case "/subject": {
        const called = url.searchParams.get("uri");
        const found = this.things.find((one) => one.uri === called || one.path === called);
        return found === undefined ? this.problem(404, "thing-not-found") : this.json(200, found);
      }
      case "/members":
        this.looked.push({ at_ms: this.nowMs, key, what: "members" });
        return this.json(200, { members: this.members.map((one) => {
          const last = this.head(one.key);
          return { key: one.key, organisation_id: this.organisation, rights: one.rights ?? "delegated", roles: one.roles, gateway: false, not_after_ms: one.rights === "root" ? null : this.nowMs + 7e10, head: last === undefined ? null : { seq: Number(last.seq), event_id: last.event }, revoked: this.revoked.has(one.key) ? { last_good_seq: 0 } : null, fork: null, frozen: one.frozen === true, person: one.name === undefined ? null : { type: "nguon:Person", name: one.name, phone: one.phone }, person_erased: false, delegated: one.event === undefined ? null : { event_id: one.event, index: 1 } };
        }) });
      case "/looks":
        return this.json(200, { looks: this.looked });
      case "/messages":
        return this.json(200, { findings: [], recalls: [], held: [], forks: [], scan_signs: [], reports: [], cut: false, ...this.messages });
      case "/enrolments":
        return this.json(200, { enrolments: [...this.enrolments].map(([id, one]) => ({ id, ...one })) });
      case "/erasures":
        if (method === "PUT") this.erasures.push({ ...JSON.parse(said), asked_by: key, asked_at_ms: this.nowMs, state: "waiting", answer: null });
        return this.json(method === "PUT" ? 201 : 200, { erasures: this.erasures });
      default:
        return this.problem(404, "not-found");
    }
  }

  /** Cards that were signed since, the newest of each. */
  #laid(): Thing[] {
    const kinds: Readonly<Record<string, string>> = { "nguon:Plot": "plot", "nguon:Product": "product", "nguon:Certificate": "certificate", "nguon:Listing": "listing" };
    const laid = new Map<string, Thing>();
    for (const { record, payloads } of this.log) {
      const json = JSON.parse(payloads[0] ?? "{}") as Record<string, any>;
      const kind = kinds[json["type"]];
      if (kind === undefined) continue;
      const salt = json["nguon:subjects"]?.find((one: { uri: string }) => one.uri === json["id"])?.salt ?? null;
      laid.set(json["id"], { uri: json["id"], kind, salt, newest: record.event, status: json["nguon:state"] ?? "active", path: null, state: json });
    }
    return [...laid.values()];
  }
}

/** Serves files by their address, and the ledger's answers. */
export async function serve(files: ReadonlyMap<string, Uint8Array>, ledger: FakeDesk): Promise<{ readonly origin: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
      const file = files.get(url.pathname);
      if (file !== undefined) {
        const type = url.pathname === "/app/desk" ? "text/html; charset=utf-8" : (TYPES[url.pathname.slice(url.pathname.lastIndexOf(".") + 1)] ?? "application/octet-stream");
        response.writeHead(200, { "content-type": type, "content-security-policy": POLICY });
        return void response.end(file);
      }
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = parts.length === 0 ? {} : { body: new Uint8Array(Buffer.concat(parts)) };
      ledger.nowMs = Date.now();
      const found = await ledger.fetch(url, { method: request.method ?? "GET", headers: request.headers as Record<string, string>, ...body });
      response.writeHead(found.status, { ...Object.fromEntries(found.headers), date: new Date().toUTCString() });
      response.end(Buffer.from(await found.arrayBuffer()));
    })().catch((error: unknown) => {
      console.error(error);
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { origin: `http://127.0.0.1:${address.port}`, server };
}
