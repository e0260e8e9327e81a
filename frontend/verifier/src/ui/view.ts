/**
 * Shows a check as it goes: each step with its sign, what it proves and what not, and at the end the verdict. Nothing from outside
 * becomes markup: all of it is set as text.
 */

import { type Bytes } from "../core/bytes.ts";
import { check, type Options, type Report, STEPS, type StepResult, type Told } from "../core/check.ts";
import { type Evidence } from "../core/evidence.ts";
import { type CheckError, coded } from "../core/fault.ts";
import style from "../../page/steps.css";
import { filled, plain, type Texts } from "./texts.ts";

const SIGNS = { ok: "✓", note: "!", fail: "✗", skipped: "–", waiting: "·" } as const;

export interface Asked {
  readonly texts: Texts;
  readonly language: string;
  /** Whether the checker came from the ledger's own operator. */
  readonly isOperators: boolean;
  /** Gets hold of the evidence. */
  readonly fetch: () => Promise<Bytes>;
  readonly read: (bytes: Bytes) => Evidence;
  readonly options: (evidence: Evidence) => Omit<Options, "nowMs">;
}

type Child = Node | string;

export function element(name: string, attributes: Readonly<Record<string, string>> = {}, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children.map((child) => (typeof child === "string" ? plain(child) : child)));
  return made;
}

/** Runs one check into the box, and shows it: the verdict above, where the reader looks first, then the steps. */
export async function show(box: HTMLElement, asked: Asked): Promise<Report | undefined> {
  adopt();
  const { texts } = asked;
  const { ui } = texts;
  const status = element("p", { role: "status", class: "nv-status" }, ui["fetching"] ?? "");
  const rows = new Map(STEPS.map((step) => [step, element("li", { "data-step": step, "data-state": "waiting" })]));
  for (const [step, row] of rows) row.append(sign("waiting"), element("b", {}, texts.steps[step].title));
  const more = element("div", { class: "nv-more" });
  const list = element("ol", { class: "nv-steps" }, ...rows.values());
  box.replaceChildren(element("p", {}, ui["lead"] ?? ""), status, list, more);
  box.dataset["state"] = "working";
  delete box.dataset["recalled"];
  try {
    const evidence = asked.read(await asked.fetch());
    status.textContent = `${filled(ui["fetched"], { records: String(evidence.entries.length) })} ${ui["working"]}`;
    const report = await check(evidence, {
      ...asked.options(evidence),
      nowMs: Date.now(),
      onStep: (result) => rows.get(result.step)?.replaceChildren(...explained(result, texts, rows.get(result.step))),
      // Longer than a frame: each step is seen to be taken, and a slow phone stays responsive.
      breathe: () => new Promise((resolve) => setTimeout(resolve)),
    });
    const isNoted = report.steps.some((step) => step.state === "note");
    box.dataset["state"] = report.holds ? "holds" : "fails";
    const key = report.holds ? (isNoted ? "holds-notes" : "holds") : "fails";
    status.replaceChildren(element("b", {}, ui[key] ?? ""));
    if (!report.holds) status.append(" ", ui["fails-text"] ?? "");
    if (report.isRecalled) {
      // That the steps hold must not look like a word for the goods.
      box.dataset["recalled"] = "";
      status.prepend(element("b", {}, ui["recalled"] ?? ""), " ");
    }
    more.append(...told(report, asked), ...limits(asked));
    return report;
  } catch (error) {
    const refused = coded(error);
    box.dataset["state"] = "refused";
    list.remove();
    status.textContent = ui["nothing"] ?? "";
    more.append(refusal(refused, texts));
    return undefined;
  }
}

function sign(state: keyof typeof SIGNS): HTMLElement {
  return element("span", { class: "nv-sign", "aria-hidden": "true" }, SIGNS[state]);
}

function explained(result: StepResult, texts: Texts, row: HTMLElement | undefined): Node[] {
  row?.setAttribute("data-state", result.state);
  const { step, state, note, values, faults } = result;
  const { title, proves, not } = texts.steps[step];
  const said = state === "fail" || note === undefined ? [] : [element("p", {}, filled(texts.notes[note], values))];
  const wrong = faults.map(({ code, place, about }) =>
    element("p", { class: "nv-fault" }, texts.codes[code], " ", element("code", {}, code), ` ${place}${about === "" ? "" : ` (${about})`}`),
  );
  const more = Number(values["faults"] ?? 0) - faults.length;
  if (more > 0) wrong.push(element("p", {}, filled(texts.ui["and-more"], { count: String(more) })));
  const details = element(
    "details",
    {},
    element("summary", {}, texts.ui["details"] ?? ""),
    element("p", {}, element("b", {}, `${texts.ui["proves"]}: `), proves),
    element("p", {}, element("b", {}, `${texts.ui["not"]}: `), not),
  );
  return [sign(state), element("b", {}, title), ...said, ...wrong, details];
}

export function refusal(error: CheckError, texts: Texts): HTMLElement {
  const about = error.about === "" ? "" : ` ${error.about}`;
  return element("p", { class: "nv-fault" }, texts.codes[error.code], " ", element("code", {}, error.code), about);
}

function limits({ texts, isOperators }: Asked): Node[] {
  const list = element("ul", {}, ...texts.ui.limits.map((limit) => element("li", {}, limit)));
  const shown: Node[] = [element("h3", {}, texts.ui["limits-title"] ?? ""), list];
  if (isOperators) shown.push(element("p", {}, texts.ui["own-page"] ?? ""));
  return shown;
}

/** What the signed records say of the lot, for comparing with the page. */
function told(report: Report, { texts, language }: Asked): Node[] {
  if (report.told.length === 0) return [];
  const rows = report.told.map((one) => element("li", {}, ...line(one, report, texts, language)));
  return [element("h3", {}, texts.ui["told-title"] ?? ""), element("ul", { class: "nv-told" }, ...rows)];
}

function line(one: Told, report: Report, texts: Texts, language: string): Child[] {
  const { facts } = one;
  const time = typeof facts["eventTime"] === "string" ? facts["eventTime"].slice(0, 16).replace("T", " ") : "";
  const name = spoken(report.names.get(one.organisation), language) ?? `${one.organisation.slice(0, 16)}…`;
  const parts: Child[] = [element("b", {}, doing(facts, texts)), ` ${time} `];
  const quantity = amount(facts, report.lot);
  if (quantity !== "") parts.push(element("span", {}, quantity), " ");
  parts.push(filled(texts.ui["told-by"], { name }), " · ", element("small", {}, filled(texts.ui["told-number"], { index: String(one.index) })));
  if (one.voids.length > 0) {
    const why = one.voids.map((finding) => texts.findings[finding] ?? finding).join(", ");
    parts.push(" ", element("em", {}, filled(texts.ui["told-void"], { why })));
  }
  return parts;
}

function doing(facts: Told["facts"], texts: Texts): string {
  const names = [facts["nguon:step"], facts["bizStep"], facts["type"]];
  for (const name of names) {
    if (typeof name !== "string") continue;
    const known = texts.doings[name.replace("urn:nguon:bizStep:", "")];
    if (known !== undefined) return known;
  }
  return texts.something;
}

/** How much of the lot itself the record speaks of. */
function amount(facts: Told["facts"], lot: string): string {
  for (const list of [facts["outputQuantityList"], facts["quantityList"], facts["inputQuantityList"]]) {
    if (!Array.isArray(list)) continue;
    for (const one of list as { epcClass?: unknown; quantity?: unknown; uom?: unknown }[]) {
      if (one?.epcClass !== lot || typeof one.quantity !== "number") continue;
      // Without a unit they are pieces.
      if (typeof one.uom !== "string") return `× ${one.quantity}`;
      return `${one.quantity} ${one.uom === "KGM" ? "kg" : one.uom}`;
    }
  }
  return "";
}

/** A text for people in the reader's language: JSON-LD value objects, or a plain string. */
function spoken(value: unknown, language: string): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const texts = value as { "@value"?: unknown; "@language"?: unknown }[];
  const found = texts.find((one) => one?.["@language"] === language) ?? texts[0];
  return typeof found?.["@value"] === "string" ? found["@value"] : undefined;
}

/** The style comes with the script, so that a page needs no second request and its policy no exception. */
function adopt(): void {
  if (!("adoptedStyleSheets" in document) || document.documentElement.dataset["nv"] === "styled") return;
  document.documentElement.dataset["nv"] = "styled";
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
