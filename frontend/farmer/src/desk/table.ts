/** A table with a search field: sorted by its headings, walked with the arrow keys, stacked into cards on a phone. */

import { type Child, fold, h } from "./dom.ts";
import { count, say } from "./words.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Child;
  /** What it is sorted by; a column without it cannot be sorted. */
  readonly by?: (row: Row) => string | number | bigint;
  readonly isNumber?: boolean;
}

export interface Options<Row> {
  /** Its name, for whoever hears it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** What is searched; without it there is no search field. */
  readonly text?: (row: Row) => string;
  /** What a row opens. */
  readonly open?: (row: Row) => void;
  readonly empty: Child;
  readonly beside?: Child;
}

/** Rows that are drawn at once. */
const ROWS = 100;
/** What was looked for on each screen is there when one comes back. */
const searches = new Map<string, string>();

export function table<Row>({ label, columns, rows, text, open, empty, beside }: Options<Row>): HTMLElement {
  let sorted: { column: number; down: boolean } | undefined;
  let shown = ROWS;
  const place = `${location.hash} ${label}`;
  const folded = new Map(rows.map((row) => [row, text === undefined ? "" : fold(text(row))] as const));
  const body = h("tbody");
  const status = h("p", { class: "count", role: "status" });
  const more = h("button", { type: "button", class: "second", onclick: () => { shown += ROWS * 5; draw(); } }, say("table.more"));

  const found = (): readonly Row[] => {
    const wanted = fold(searches.get(place) ?? "").split(/\s+/).filter((word) => word !== "");
    const all = rows.filter((row) => wanted.every((word) => folded.get(row)?.includes(word) === true));
    const by = sorted === undefined ? undefined : columns[sorted.column]?.by;
    if (by === undefined || sorted === undefined) return all;
    const sign = sorted.down ? -1 : 1;
    return [...all].sort((a, b) => {
      const [x, y] = [by(a), by(b)];
      return sign * (typeof x === "string" && typeof y === "string" ? x.localeCompare(y, "vi", { numeric: true }) : x < y ? -1 : x > y ? 1 : 0);
    });
  };

  function draw(): void {
    const all = found();
    body.replaceChildren(
      ...all.slice(0, shown).map((row) => {
        const cells = columns.map(({ title, cell, isNumber }, at) => h(at === 0 ? "th" : "td", { ...(at === 0 ? { scope: "row" } : {}), "data-title": title, class: isNumber === true ? "number" : undefined }, cell(row)));
        const line = h("tr", open === undefined ? {} : { tabindex: "0", class: "opens" }, ...cells);
        if (open !== undefined) {
          line.addEventListener("click", (event) => {
            if ((event.target as Element).closest("a, button, input, label") === null && getSelection()?.isCollapsed !== false) open(row);
          });
          line.addEventListener("keydown", (event) => {
            if (event.target !== line) return;
            if (event.key === "Enter" || event.key === " ") open(row);
            else if (event.key === "ArrowDown") (line.nextElementSibling as HTMLElement | null)?.focus();
            else if (event.key === "ArrowUp") (line.previousElementSibling as HTMLElement | null)?.focus();
            else return;
            event.preventDefault();
          });
        }
        return line;
      }),
    );
    if (all.length === 0) body.append(h("tr", {}, h("td", { class: "none", colspan: columns.length }, rows.length === 0 ? empty : say("table.nothing"))));
    status.textContent = rows.length === all.length ? say("table.count", { n: count(rows.length) }) : say("table.found", { n: count(all.length), all: count(rows.length) });
    more.hidden = all.length <= shown;
  }

  const heads = columns.map(({ title, by, isNumber }, at) => {
    const press = (event: Event) => {
      sorted = { column: at, down: sorted?.column === at && !sorted.down };
      const row = (event.currentTarget as Element).closest("tr");
      for (const [place, head] of [...(row?.children ?? [])].entries()) head.setAttribute("aria-sort", place !== at ? "none" : sorted.down ? "descending" : "ascending");
      draw();
    };
    return h("th", { scope: "col", class: isNumber === true ? "number" : undefined }, by === undefined ? title : h("button", { type: "button", class: "sort", onclick: press }, title));
  });
  const search = h("input", {
    type: "search",
    class: "search",
    placeholder: say("table.search"),
    "aria-label": say("table.search"),
    autocomplete: "off",
    value: searches.get(place),
    oninput: (event: Event) => {
      searches.set(place, (event.target as HTMLInputElement).value);
      shown = ROWS;
      draw();
    },
  });
  draw();
  return h(
    "div",
    { class: "listing" },
    h("div", { class: "tools" }, text !== undefined && search, beside ?? false),
    h("div", { class: "scroll" }, h("table", {}, h("caption", { class: "vh" }, label), h("thead", {}, h("tr", {}, ...heads)), body)),
    h("div", { class: "under" }, status, more),
  );
}
