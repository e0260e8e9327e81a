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

function append(made: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === false) continue;
    if (typeof child === "string") made.append(plain(child));
    else if (child instanceof Node) made.append(child);
    else append(made, child);
  }
}

/** `h("button", { class: "act", onclick: … }, "Bón")`. Properties that begin with `on` are listeners. */
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
  const made = document.createElementNS(SVG, name);
  put(made, properties, children);
  return made;
}

/** A number that a person can tell from another when read aloud. */
export const spaced = (digits: string): string => digits.split("").join(" ");
