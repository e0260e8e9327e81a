/** Sheets: what slides over the screen, asks one thing and goes. Browsers' own dialogs keep focus inside and close on Escape. */

import { type Child, h } from "./dom.ts";
import { icon } from "./icons.ts";

export interface Sheet<T> {
  readonly closed: Promise<T | undefined>;
  close(value?: T): void;
}

/** Opens one. `fill` gets the way to close it with an answer. */
export function sheet<T>(title: string, closeWord: string, fill: (close: (value: T) => void) => Child): Promise<T | undefined> {
  return new Promise((resolve) => {
    let answer: T | undefined;
    const close = (value?: T): void => {
      answer = value;
      dialog.close();
    };
    const dialog = h(
      "dialog",
      { class: "sheet", "aria-label": title, onclose: () => end() },
      h(
        "header",
        {},
        h("h2", {}, title),
        h("button", { type: "button", class: "round", "aria-label": closeWord, onclick: () => close() }, icon("close")),
      ),
      h("div", { class: "body" }, fill(close)),
    );
    const end = (): void => {
      dialog.remove();
      resolve(answer);
    };
    dialog.addEventListener("click", (event) => {
      // On the backdrop: beside the sheet.
      if (event.target === dialog) close();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export interface Choice<T> {
  readonly value: T;
  readonly title: string;
  readonly detail?: string;
  readonly badge?: Child;
  readonly starred?: boolean;
  readonly group?: string;
}

/** A list to choose from, with a search field once it is long. */
export function choices<T>(
  all: readonly Choice<T>[],
  words: { readonly search: string; readonly none: string; readonly extra?: Child },
  chosen: (value: T) => void,
): HTMLElement {
  const list = h("ul", { class: "choices" });
  const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "D").toLowerCase();
  const draw = (wanted: string): void => {
    const found = all.filter((one) => fold(`${one.title} ${one.detail ?? ""}`).includes(fold(wanted))).slice(0, 200);
    let group: string | undefined;
    const rows = found.flatMap((one) => {
      const head = one.group !== undefined && one.group !== group ? [h("li", { class: "group" }, one.group)] : [];
      group = one.group;
      const button = h(
        "button",
        { type: "button", onclick: () => chosen(one.value) },
        h("span", { class: "words" }, h("b", {}, one.title), one.detail !== undefined && h("small", {}, one.detail)),
        one.badge,
      );
      return [...head, h("li", {}, button)];
    });
    list.replaceChildren(...(rows.length === 0 ? [h("li", { class: "none" }, words.none)] : rows));
  };
  const search = h("input", {
    type: "search",
    placeholder: words.search,
    "aria-label": words.search,
    autocomplete: "off",
    oninput: (event: Event) => draw((event.target as HTMLInputElement).value),
  });
  draw("");
  return h("div", {}, all.length > 7 && search, words.extra, list);
}

/** Digits for gloves: an amount with a comma, or a number. */
export function pad(
  value: string,
  words: { readonly unit: string; readonly done: string; readonly erase: string },
  options: { readonly decimals: number; readonly steps?: readonly number[] },
  done: (value: string) => void,
): HTMLElement {
  let typed = value;
  const shown = h("output", { class: "typed", "aria-live": "polite" });
  const ready = h("button", { type: "button", class: "primary", onclick: () => done(typed) }, words.done);
  const draw = (): void => {
    shown.replaceChildren(typed === "" ? "0" : typed, h("small", {}, words.unit));
    ready.disabled = typed === "" || /^[0,]*$/.test(typed);
  };
  const press = (key: string): void => {
    const [whole = "", fraction] = typed.split(",");
    if (key === ",") typed = typed.includes(",") ? typed : `${typed === "" ? "0" : typed},`;
    else if (fraction !== undefined ? fraction.length < options.decimals : whole.length < 7) typed = typed === "0" ? key : typed + key;
    draw();
  };
  const erase = (): void => {
    typed = typed.slice(0, -1);
    draw();
  };
  const key = (label: string) => h("button", { type: "button", onclick: () => press(label) }, label);
  const more = (options.steps ?? []).map((step) =>
    h("button", { type: "button", class: "step", onclick: () => {
      typed = String(Math.min(9_999_999, Math.floor(Number(typed.replace(",", ".")) || 0) + step));
      draw();
    } }, `+${step}`),
  );
  const keys = ["7", "8", "9", "4", "5", "6", "1", "2", "3"].map(key);
  const comma = options.decimals > 0 ? key(",") : h("span", {});
  const back = h("button", { type: "button", "aria-label": words.erase, onclick: erase }, icon("erase"));
  draw();
  const whole = h("div", { class: "pad" }, shown, more.length > 0 && h("div", { class: "steps" }, more), h("div", { class: "keys" }, keys, comma, key("0"), back), ready);
  whole.addEventListener("keydown", (event) => {
    if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === "," || event.key === ".") options.decimals > 0 && press(",");
    else if (event.key === "Backspace") erase();
    else return;
    event.preventDefault();
  });
  return whole;
}
