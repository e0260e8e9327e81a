/** Elements, made without markup: nothing from outside is ever parsed, all of it is set as text. */

import { plain } from "../../../verifier/src/ui/texts.ts";

export type Child = Node | string | undefined | false | readonly Child[];

type Value = string | number | boolean | undefined | ((event: any) => void);

const SVG = "http://www.w3.org/2000/svg";

function put(made: Element, properties: Readonly<Record<string, Value>>, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  append(made, children);
}

export function append(made: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === false) continue;
    if (typeof child === "string") made.append(plain(child));
    else if (child instanceof Node) made.append(child);
    else append(made, child);
  }
}

/** `h("button", { class: "primary", onclick: … }, "Ký")`. Properties that begin with `on` are listeners. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Readonly<Record<string, Value>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  put(made, properties, children);
  return made;
}

export function svg(name: string, properties: Readonly<Record<string, Value>> = {}, ...children: readonly Child[]): SVGElement {
  const made = document.createElementNS(SVG, name) as SVGElement;
  put(made, properties, children);
  return made;
}

export const button = (label: Child, press: () => unknown, kind = "second", properties: Readonly<Record<string, Value>> = {}): HTMLButtonElement =>
  h("button", { type: "button", class: kind, onclick: () => void press(), ...properties }, label);

export type Tone = "good" | "note" | "wait" | "doubt" | "stop" | "gone";

export const notice = (tone: Tone, ...children: readonly Child[]): HTMLElement =>
  h("div", { class: `notice ${tone}`, role: tone === "stop" ? "alert" : "note" }, ...children);

export const mark = (tone: Tone, word: string): HTMLElement => h("span", { class: `mark ${tone}` }, word);

/** A key or an id: enough of it to tell two apart, the whole on demand. */
export const short = (digits: string): HTMLElement => h("code", { title: digits }, `${digits.slice(0, 8)}…`);

/** Rows of a name and what it is. */
export const facts = (...rows: readonly (readonly [string, Child] | false)[]): HTMLElement =>
  h("dl", { class: "facts" }, ...rows.flatMap((row) => (row === false || row[1] === "" || row[1] === undefined ? [] : [h("div", {}, h("dt", {}, row[0]), h("dd", {}, row[1]))])));

/** Letters without their marks, for searching: `thua dat` finds `Thửa đất`. */
export const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "D").toLowerCase();
