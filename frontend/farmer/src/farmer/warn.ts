/**
 * Before something is signed for good: what the rules would say of it. Without network by what the phone carries; with one the server's
 * preflight is asked as well, which knows what others have entered.
 */

import { shownQuantity } from "../core/quantity.ts";
import { grams } from "../core/quantity.ts";
import { actOf } from "../core/facts.ts";
import { type Finding, isGrave, warnings } from "../core/rules.ts";
import { writeDraft } from "../core/write.ts";
import { utf8 } from "../../../verifier/src/core/bytes.ts";
import { h } from "../ui/dom.ts";
import { icon } from "../ui/icons.ts";
import { sheet } from "../ui/sheet.ts";
import { type Composed, type PlotInfo } from "./acts.ts";
import { type App } from "./app.ts";
import { day } from "./parts.ts";

export interface Warning {
  readonly code: string;
  readonly isGrave: boolean;
  readonly words: string;
}

/** Whoever stands in the field does not wait for a server. */
const PREFLIGHT_MS = 4_000;

/** A finding of the phone's own rules, in words. */
export function words(app: App, { code, values }: Finding): string {
  const of = (text: string | undefined) => (text === undefined ? "" : day(app, text));
  const amount = (value: bigint | undefined) => (value === undefined ? "" : shownQuantity(grams(value), app.language));
  return app.t(`finding.${code}`, {
    day: of(values.day),
    sprayed: of(values.sprayed),
    n: values.days ?? 0,
    free: of(values.free),
    input: values.input ?? app.t("phi.something"),
    since: of(values.since),
    sum: amount(values.grams),
    cap: amount(values.cap),
    area: values.areaM2 === undefined ? "" : new Intl.NumberFormat(app.language).format(values.areaM2),
    crop: values.crop === undefined ? "" : app.language === "vi" ? values.crop.vi : values.crop.en,
  });
}

interface Foreseen {
  readonly refusals?: readonly { readonly code: string; readonly text_vi: string; readonly text_en: string }[];
  readonly lots?: readonly { readonly raised?: readonly { readonly code: string; readonly severity: string; readonly text_vi: string; readonly text_en: string }[] }[];
}

async function preflight(app: App, composed: Composed): Promise<Warning[] | undefined> {
  const { person } = app;
  if (person === undefined || !navigator.onLine) return undefined;
  // Put together as text: quantities keep the decimals that are signed.
  const body = `{"drafts":[{"organisation_id":"${person.organisation}","act":"${actOf(composed.facts)}","facts":${writeDraft(composed.facts)}}]}`;
  const answer = await app.server.json<{ results?: readonly Foreseen[] }>({ method: "POST", path: "/api/v1/preflight", body: utf8(body), patienceMs: PREFLIGHT_MS });
  const [outlook] = answer.ok ? (answer.value.results ?? []) : [];
  if (outlook === undefined) return undefined;
  const said = (one: { readonly text_vi: string; readonly text_en: string }) => (app.language === "vi" ? one.text_vi : one.text_en);
  const refusals = (outlook.refusals ?? []).map((one): Warning => ({ code: one.code, isGrave: true, words: said(one) }));
  const raised = (outlook.lots ?? []).flatMap((lot) => lot.raised ?? []).filter((one) => one.severity !== "info");
  return [...refusals, ...raised.map((one): Warning => ({ code: one.code, isGrave: one.severity === "blocking", words: said(one) }))];
}

/** Everything that speaks against it, the gravest first; each once. */
export async function check(app: App, composed: Composed, plot: PlotInfo | undefined): Promise<Warning[]> {
  const { person } = app;
  const own: Warning[] = [];
  const crops = await app.data.crops();
  if (person !== undefined && plot !== undefined && composed.told !== undefined) {
    const told = await app.data.told(person.organisation, plot.uri);
    const found = warnings(told, composed.told, await app.data.ground(person.organisation, plot), crops ?? []);
    // That something could not be compared is no reason to stop somebody in the field.
    const worth = found.filter((one) => one.code !== "yield_unverified");
    own.push(...worth.map((one) => ({ code: one.code, isGrave: isGrave(one.code), words: words(app, one) })));
  }
  const foreseen = (await preflight(app, composed)) ?? [];
  const all = [...foreseen, ...own.filter((one) => !foreseen.some((other) => other.code === one.code))];
  const seen = new Set<string>();
  return all
    .filter((one) => !seen.has(one.words) && seen.add(one.words))
    .sort((a, b) => Number(b.isGrave) - Number(a.isGrave));
}

/** Shows what was found, and asks whether it shall be signed all the same. */
export async function decide(app: App, found: readonly Warning[]): Promise<boolean> {
  const answer = await sheet<boolean>(app.t("warn.title"), app.t("close"), (close) => [
    h("ul", { class: "findings" }, found.map((one) => h("li", { class: one.isGrave ? "stop" : "wait" }, icon("warning"), h("span", {}, one.words)))),
    h("p", {}, app.t("warn.text")),
    h("button", { type: "button", class: "primary", onclick: () => close(false) }, app.t("warn.back")),
    h("button", { type: "button", class: "second", onclick: () => close(true) }, app.t("warn.sign")),
  ]);
  return answer === true;
}
