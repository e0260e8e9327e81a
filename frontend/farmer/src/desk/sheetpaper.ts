/** The paper of a key as it is printed: its rows, its public half, and a code that gives the same text to a scanner. */

import { type Bytes } from "../../../verifier/src/core/bytes.ts";
import { h } from "./dom.ts";
import { print, publicKey, rowsOf } from "./paper.ts";
import { qr } from "./qr.ts";
import { say } from "./words.ts";

/** What `nguon org new-root` prints for a key, and `nguon org restore` reads. */
export const paperText = (title: string, seed: Bytes): string =>
  `nguon · ${title}\n  Viết lại hoặc in ra giấy, cất nơi an toàn. Ai có tờ giấy này là có khóa.\n  Copy or print it, keep it safe. Whoever has this paper has the key.\n\n  public ${publicKey(seed)}\n\n${print(seed)}\n`;

/** What the code on it gives a scanner: the same without the sentences, which `restore` reads as well. Fewer squares are read more surely. */
export const codeText = (seed: Bytes): string => `public ${publicKey(seed)}\n${rowsOf(seed).map((row, at) => `${at + 1} ${row}\n`).join("")}`;

export const TITLES = { root: "Khóa gốc · root key", next: "Khóa gốc kế tiếp · next root key" } as const;

export function paper(which: keyof typeof TITLES, seed: Bytes): HTMLElement {
  return h(
    "section",
    { class: "paper" },
    h("h2", {}, `nguon · ${TITLES[which]}`),
    h("p", {}, say(`paper.${which}`)),
    h("ol", { class: "rows" }, ...rowsOf(seed).map((row) => h("li", {}, h("code", {}, row)))),
    h("p", { class: "small" }, "public ", h("code", { class: "whole" }, publicKey(seed))),
    qr(codeText(seed), say("paper.code")),
  );
}
