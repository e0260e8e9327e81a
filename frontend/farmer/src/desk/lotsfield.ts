/** The field of several lots: scanned, typed or chosen, each with how much of it. */

import { type Desk } from "./desk.ts";
import { button, type Child, fold, h } from "./dom.ts";
import { type LotName, packLines } from "./forms/lots.ts";
import { some } from "./json.ts";
import { calledBy, canScan, scan } from "./scan.ts";
import { type LotView, readLot, type Thing, typed } from "./things.ts";
import { amount, say } from "./words.ts";

const UOM: Readonly<Record<string, string>> = { gram: "KGM", millilitre: "LTR", piece: "" };

export const lotName = (lot: LotView): LotName => ({ uri: lot.uri, number: lot.number, ...some("left", lot.left), ...some("salt", lot.thing.salt), ...some("maker", lot.maker) });

export interface LotsField {
  readonly element: HTMLElement;
  /** Every lot that was offered or scanned. */
  readonly known: Map<string, LotName>;
}

export function lotsField(desk: Desk, name: string, label: string, own: readonly LotView[], products: ReadonlyMap<string, string>, options: { readonly help?: string; readonly mayBeWhole?: boolean; readonly only?: boolean; readonly chosen?: readonly string[]; readonly left?: boolean; readonly bare?: boolean } = {}): LotsField {
  const views = new Map(own.map((one) => [one.uri, one]));
  const known = new Map(own.map((one) => [one.uri, lotName(one)]));
  const chosen: { uri: string; typed: string; uom: string }[] = [];
  const hidden = h("input", { type: "hidden", name });
  const rows = h("ul", { class: "lines chosen" });
  const status = h("p", { class: "small", role: "status" });
  const title = (lot: LotView): string => `${lot.number} · ${products.get(lot.product ?? "") ?? ""}`;

  const keep = (): void => {
    hidden.value = packLines(chosen.map((one) => [one.uri, one.typed, one.uom]));
  };
  function draw(): void {
    rows.replaceChildren(
      ...chosen.map((one) => {
        const lot = views.get(one.uri) as LotView;
        const set = (part: "typed" | "uom") => (event: Event) => {
          one[part] = (event.target as HTMLInputElement).value;
          keep();
        };
        const field = h("input", { value: one.typed, inputmode: "decimal", class: "amount", "aria-label": say("lots.howmuch", { n: lot.number }), placeholder: options.mayBeWhole === true ? say("lots.all") : "", oninput: set("typed"), autocomplete: "off" });
        const unit = h("select", { "aria-label": say("unit"), onchange: set("uom") }, ...["KGM", "", "LTR"].map((uom) => h("option", { value: uom, selected: uom === one.uom }, say(`uom.${uom === "" ? "piece" : uom}`))));
        const remove = button("×", () => {
          chosen.splice(chosen.indexOf(one), 1);
          keep();
          draw();
        }, "close", { "aria-label": say("remove", { n: lot.number }) });
        return h("li", {}, h("div", { class: "words" }, h("b", {}, title(lot)), h("span", {}, lot.left === undefined ? "" : say("lots.left", { q: amount(lot.left) }))), h("div", { class: "acts" }, options.bare !== true && [field, unit], remove));
      }),
    );
  }
  function add(lot: LotView): void {
    if (options.only === true) chosen.length = 0;
    if (chosen.some((one) => one.uri === lot.uri)) {
      status.textContent = say("lots.twice", { n: lot.number });
      return;
    }
    views.set(lot.uri, lot);
    known.set(lot.uri, lotName(lot));
    const left = options.left === true ? lot.left : undefined;
    chosen.push({ uri: lot.uri, typed: left === undefined || left.amount === 0n ? "" : typed(left), uom: UOM[lot.left?.unit ?? "gram"] ?? "KGM" });
    status.textContent = "";
    keep();
    draw();
    (rows.querySelector<HTMLInputElement>("li:last-child input") ?? search).focus();
  }
  /** A code, a number, or the words of the list. */
  async function find(text: string): Promise<void> {
    const wanted = text.trim();
    if (wanted === "") return;
    const called = calledBy(wanted);
    const here = [...views.values()].filter((one) => one.number === wanted || title(one) === wanted || one.thing.path === called || one.uri === wanted);
    const [only] = here;
    if (here.length === 1 && only !== undefined) return add(only);
    if (here.length > 1) {
      status.textContent = say("lots.several", { n: wanted });
      return;
    }
    status.textContent = say("loading");
    let thing: Thing | undefined;
    try {
      thing = await desk.thing(called);
    } catch (error) {
      status.replaceChildren(desk.failure(error));
      return;
    }
    if (thing === undefined || thing.kind !== "lot") status.textContent = say("lots.notfound", { n: wanted.slice(0, 60) });
    else add(readLot(thing));
  }
  const listId = `lots-${name}-${Math.floor(performance.now())}`;
  const search = h("input", {
    type: "text",
    list: listId,
    placeholder: say("lots.find"),
    "aria-label": label,
    autocomplete: "off",
    onkeydown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" || event.ctrlKey) return;
      event.preventDefault();
      take();
    },
    onchange: () => {
      // Chosen from the list; what is being typed waits for Enter.
      if ([...views.values()].some((one) => title(one) === search.value)) take();
    },
  });
  function take(): void {
    const { value } = search;
    search.value = "";
    void find(value);
  }
  const suggestions = h("datalist", { id: listId }, ...own.slice(0, 500).map((one) => h("option", { value: title(one) }, one.left === undefined ? "" : amount(one.left))));
  for (const uri of options.chosen ?? []) {
    const lot = views.get(uri) ?? own.find((one) => fold(one.number) === fold(uri));
    if (lot !== undefined) add(lot);
  }
  const element = h(
    "div",
    { class: "field", "data-field": name },
    h("label", {}, label),
    options.help !== undefined && h("small", {}, options.help),
    hidden,
    rows,
    h("div", { class: "finder" }, search, suggestions, button(say("add"), take), canScan() ? button(say("scan"), async () => find((await scan()) ?? "")) : false) as Child,
    status,
    h("p", { class: "fault" }),
  );
  return { element, known };
}

