/** What slides over a screen: a form, the details of a row, a question. The browser's own dialog keeps the focus inside and closes on Escape. */

import { type Child, h } from "./dom.ts";
import { say } from "./words.ts";

export interface Closing<T> {
  (answer?: T): void;
}

/** Opens one; what comes back is the answer, or nothing if somebody closed it. */
export function drawer<T = void>(title: string, fill: (close: Closing<T>) => Child | Promise<Child>, kind: "side" | "middle" = "side"): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let answer: T | undefined;
    const opener = document.activeElement as HTMLElement | null;
    const close: Closing<T> = (given) => {
      answer = given;
      dialog.close();
    };
    const body = h("div", { class: "body" });
    const dialog = h(
      "dialog",
      { class: `drawer ${kind}`, "aria-label": title },
      h("header", {}, h("h2", {}, title), h("button", { type: "button", class: "close", "aria-label": say("close"), onclick: () => close() }, "×")),
      body,
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (opener?.isConnected === true) opener.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    const filled = (child: Child): void => {
      const inside = h("div", {}, child);
      body.replaceChildren(...inside.childNodes);
      body.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea, button")?.focus();
    };
    const made = fill(close);
    if (made instanceof Promise) {
      body.append(h("p", { class: "loading", role: "status" }, say("loading")));
      made.then(filled, (error: unknown) => {
        dialog.close();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    }
    dialog.showModal();
    if (!(made instanceof Promise)) filled(made);
  });
}

/** Yes or no. */
export const ask = (title: string, yes: string, ...words: readonly Child[]): Promise<boolean> =>
  drawer<boolean>(
    title,
    (close) => [
      ...words,
      h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", onclick: () => close(true) }, yes), h("button", { type: "button", class: "second", onclick: () => close(false) }, say("cancel"))),
    ],
    "middle",
  ).then((answer) => answer === true);

/** Says one thing and waits until it was read. */
export const tell = (title: string, ...words: readonly Child[]): Promise<void> =>
  drawer<boolean>(title, (close) => [...words, h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", onclick: () => close(true) }, say("understood")))], "middle").then(() => undefined);
