/** A form on the screen: fields by their description, faults beside them, nothing lost until it was taken. */

import { type Child, fold, h } from "./dom.ts";
import { type Faults, type Read, type Values } from "./forms/given.ts";
import { say } from "./words.ts";

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly detail?: string;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly kind?: "text" | "long" | "number" | "decimal" | "date" | "time" | "tel" | "select" | "pick" | "check" | "file";
  readonly options?: readonly Option[];
  /** Suggestions that may be taken or not. */
  readonly known?: readonly Option[];
  readonly help?: string;
  readonly required?: boolean;
  /** Stands beside the one before it. */
  readonly beside?: boolean;
  readonly accept?: string;
  readonly isFixed?: boolean;
  readonly maxlength?: number;
}

export interface FormOptions<T> {
  readonly fields: readonly (Field | Child)[];
  readonly values?: Values;
  readonly submit: string;
  readonly read: (values: Values, files: ReadonlyMap<string, readonly File[]>) => Read<T> | Promise<Read<T>>;
  readonly done: (value: T) => unknown;
  readonly changed?: (values: Values, form: HTMLFormElement) => void;
}

const isField = (one: Field | Child): one is Field => typeof one === "object" && one !== null && !(one instanceof Node) && !Array.isArray(one) && "name" in one;

let made = 0;

/** What stands in the form now. */
export function valuesOf(form: HTMLFormElement): Values {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") values[name] = name in values ? `${values[name]}\n${value}` : value;
  }
  return values;
}

export function form<T>({ fields, values = {}, submit, read, done, changed }: FormOptions<T>): HTMLFormElement {
  const summary = h("div", { class: "notice doubt", role: "alert", hidden: true, tabindex: "-1" });
  const press = h("button", { type: "submit", class: "primary" }, submit);
  const groups: HTMLElement[] = [];
  for (const one of fields) {
    if (!isField(one)) groups.push(h("div", { class: "free" }, one));
    else if (one.beside === true && groups.at(-1)?.classList.contains("row") === true) groups.at(-1)?.append(fieldOf(one, values[one.name] ?? ""));
    else groups.push(h("div", { class: "row" }, fieldOf(one, values[one.name] ?? "")));
  }
  const whole = h("form", { class: "form", novalidate: true }, ...groups, summary, h("div", { class: "buttons" }, press));

  const show = (faults: Faults): void => {
    for (const box of whole.querySelectorAll<HTMLElement>("[data-field]")) {
      const { field = "" } = box.dataset;
      const fault = faults[field];
      const said = box.querySelector(".fault");
      if (said !== null) said.textContent = fault === undefined ? "" : say(fault.key, fault.values);
      box.classList.toggle("wrong", fault !== undefined);
      for (const input of box.querySelectorAll("input, select, textarea")) input.toggleAttribute("aria-invalid", fault !== undefined);
    }
    const own = Object.keys(faults).filter((name) => whole.querySelector(`[data-field="${CSS.escape(name)}"]`) === null);
    summary.hidden = Object.keys(faults).length === 0;
    summary.replaceChildren(say("form.faults"), ...own.map((name) => h("p", {}, say(faults[name]?.key ?? name, faults[name]?.values))));
    const first = whole.querySelector<HTMLElement>(".wrong input, .wrong select, .wrong textarea");
    if (first !== null) first.focus();
    else if (!summary.hidden) summary.focus();
  };

  whole.addEventListener("submit", (event) => {
    event.preventDefault();
    if (press.disabled) return;
    press.disabled = true;
    const files = new Map([...whole.querySelectorAll<HTMLInputElement>("input[type=file]")].map((input) => [input.name, [...(input.files ?? [])]] as const));
    void (async () => {
      try {
        const found = await read(valuesOf(whole), files);
        show(found.ok ? {} : found.faults);
        if (found.ok) await done(found.value);
      } catch (error) {
        summary.hidden = false;
        summary.replaceChildren(say("error.title"), h("pre", {}, String(error)));
        summary.focus();
        console.error(error);
      } finally {
        press.disabled = false;
      }
    })();
  });
  // What somebody is correcting is not wrong any more until it is read again.
  whole.addEventListener("input", (event) => {
    const box = (event.target as Element).closest(".wrong");
    box?.classList.remove("wrong");
    box?.querySelector(".fault")?.replaceChildren();
  });
  whole.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) whole.requestSubmit();
  });
  if (changed !== undefined) {
    whole.addEventListener("input", () => changed(valuesOf(whole), whole));
    queueMicrotask(() => changed(valuesOf(whole), whole));
  }
  return whole;
}

function fieldOf(field: Field, value: string): HTMLElement {
  const id = `field-${++made}`;
  const { name, kind = "text", help, required } = field;
  const label = [field.label, required === true && h("span", { class: "must", "aria-hidden": "true" }, " *")];
  const describe = `${id}-help ${id}-fault`;
  const common = { id, name, "aria-describedby": describe, "aria-required": required === true ? "true" : undefined, readonly: field.isFixed };
  const under = [help !== undefined && h("small", { id: `${id}-help` }, help), h("p", { class: "fault", id: `${id}-fault` })];
  const box = (...children: Child[]) => h("div", { class: "field", "data-field": name }, ...children);
  switch (kind) {
    case "check":
      return box(h("label", { class: "tick" }, h("input", { ...common, type: "checkbox", value: "yes", checked: value === "yes" || value === "true" }), h("span", {}, ...label)), ...under);
    case "select": {
      const options = (field.options ?? []).map((one) => h("option", { value: one.value, selected: one.value === value }, one.label));
      return box(h("label", { for: id }, ...label), h("select", common, ...options), ...under);
    }
    case "pick":
      return box(h("fieldset", {}, h("legend", {}, ...label), picks(field, value.split("\n"))), ...under);
    case "long": {
      const area = h("textarea", { ...common, rows: 3, maxlength: field.maxlength ?? 2_000 });
      area.value = value;
      return box(h("label", { for: id }, ...label), area, ...under);
    }
    case "file":
      return box(h("label", { for: id }, ...label), h("input", { ...common, type: "file", accept: field.accept, multiple: true }), ...under);
    default: {
      const list = field.known === undefined ? undefined : h("datalist", { id: `${id}-known` }, ...field.known.map((one) => h("option", { value: one.value }, one.label)));
      const mode = kind === "number" ? "numeric" : kind === "decimal" ? "decimal" : kind === "tel" ? "tel" : undefined;
      const type = kind === "date" || kind === "time" || kind === "tel" ? kind : "text";
      const input = h("input", { ...common, type, inputmode: mode, autocomplete: "off", maxlength: field.maxlength ?? 500, list: list === undefined ? undefined : `${id}-known` });
      input.value = value;
      return box(h("label", { for: id }, ...label), input, list, ...under);
    }
  }
}

/** Choices of which several may be taken, with a field that finds among many. */
function picks({ name, options = [] }: Field, chosen: readonly string[]): Child {
  const lines = options.map((one) => {
    const line = h("label", { class: "tick" }, h("input", { type: "checkbox", name, value: one.value, checked: chosen.includes(one.value) }), h("span", {}, one.label, one.detail !== undefined && h("small", {}, ` ${one.detail}`)));
    return [line, fold(`${one.label} ${one.detail ?? ""}`)] as const;
  });
  const draw = (wanted: string): void => {
    for (const [line, text] of lines) line.hidden = !text.includes(fold(wanted)) && !line.querySelector("input")?.checked;
  };
  const find = h("input", { type: "search", placeholder: say("table.search"), "aria-label": say("table.search"), oninput: (event: Event) => draw((event.target as HTMLInputElement).value) });
  if (options.length === 0) return h("p", { class: "small" }, say("form.nothing"));
  return [options.length > 8 && find, h("div", { class: "picks" }, ...lines.map(([line]) => line))];
}
