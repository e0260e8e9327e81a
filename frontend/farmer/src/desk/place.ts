/** Where a plot lies, without a map: pasted, from a file, or walked around with the device in hand; drawn as its outline. */

import { areaM2, drawing, type Found, geometry, readPlace, type Shape } from "./geo.ts";
import { button, type Child, h, notice, svg } from "./dom.ts";
import { tell } from "./drawer.ts";
import { count, say } from "./words.ts";

/** The outline as it lies: north up, with the length of a side in metres. */
export function outline(shape: Shape, label: string): Child {
  const drawn = drawing(shape);
  if (drawn === undefined) return false;
  return h(
    "figure",
    { class: "outline" },
    svg("svg", { viewBox: "0 0 200 200", role: "img", "aria-label": label }, svg("path", { d: drawn.d, class: "ground" }), svg("path", { d: "M186 26V8l-5 7m5-7l5 7", class: "north" })),
    h("figcaption", {}, say("place.span", { m: count(drawn.metres) })),
  );
}

export const inWords = (shape: Shape): string => {
  const area = areaM2(shape);
  if (shape.kind === "point") return say("place.point");
  const corners = shape.rings.reduce((sum, ring) => sum + ring.length - 1, 0);
  return say("place.outline", { area: count(area ?? 0), n: corners });
};

/** Fixes farther off than this are no corner of a field, in metres. */
const ACCURATE_M = 20;
/** Steps shorter than this are the receiver's own trembling. */
const STEP_M = 3;

const metres = (a: GeolocationCoordinates, b: GeolocationCoordinates): number =>
  Math.hypot((a.latitude - b.latitude) * 110_600, (a.longitude - b.longitude) * 110_600 * Math.cos((a.latitude * Math.PI) / 180));

/** Walks around a plot: every few steps a position, until somebody ends it. */
function walk(ended: (text: string) => void): Child {
  const positions: GeolocationCoordinates[] = [];
  const status = h("p", { role: "status" });
  let watching: number | undefined;
  const stop = (): void => {
    if (watching !== undefined) navigator.geolocation.clearWatch(watching);
    watching = undefined;
    start.hidden = false;
    end.hidden = true;
  };
  const start = button(say("place.walk"), () => {
    positions.length = 0;
    start.hidden = true;
    end.hidden = false;
    status.textContent = say("place.walk.begin");
    watching = navigator.geolocation.watchPosition(
      ({ coords }) => {
        const last = positions.at(-1);
        if (!status.isConnected) return stop();
        if (coords.accuracy > ACCURATE_M) status.textContent = say("place.walk.coarse", { m: Math.round(coords.accuracy) });
        else if (last === undefined || metres(last, coords) >= STEP_M) {
          positions.push(coords);
          status.textContent = say("place.walk.count", { n: positions.length, m: Math.round(coords.accuracy) });
        }
      },
      () => {
        stop();
        status.textContent = say("place.walk.denied");
      },
      { enableHighAccuracy: true, maximumAge: 0 },
    );
  });
  const end = button(say("place.walk.end"), () => {
    stop();
    ended(positions.map((one) => `${one.latitude.toFixed(6)}, ${one.longitude.toFixed(6)}`).join("\n"));
  }, "primary");
  end.hidden = true;
  return "geolocation" in navigator ? [start, end, status] : false;
}

/** The field of a form: its value is what stands in the text, or the one shape that was taken from a file. */
export function placeField(changed: (shape: Shape | undefined) => void): HTMLElement {
  const shown = h("div", { class: "shown", "aria-live": "polite" });
  const area = h("textarea", { name: "place", rows: 4, id: "place-text", placeholder: "11.870050, 108.500120\n11.870410, 108.500530\n…", "aria-describedby": "place-help" });
  const set = (text: string): void => {
    area.value = text;
    draw();
  };
  const choose = (found: readonly Found[]): Child =>
    h(
      "ul",
      { class: "lines" },
      ...found.slice(0, 200).map((one, at) =>
        h("li", {}, h("div", { class: "words" }, h("b", {}, one.name || say("place.shape", { n: at + 1 })), h("span", {}, inWords(one.shape))), h("div", { class: "acts" }, button(say("choose"), () => set(geometry(one.shape))))),
      ),
    );
  function draw(): void {
    if (area.value.trim() === "") {
      shown.replaceChildren();
      return changed(undefined);
    }
    const read = readPlace(area.value);
    if (!read.ok) {
      shown.replaceChildren(notice("doubt", say(read.fault.key, read.fault.values)));
      return changed(undefined);
    }
    const [only] = read.found;
    if (read.found.length > 1 || only === undefined) {
      shown.replaceChildren(h("p", {}, say("place.several", { n: read.found.length })), h("div", {}, choose(read.found)));
      return changed(undefined);
    }
    shown.replaceChildren(h("div", { class: "ground-line" }, h("div", {}, outline(only.shape, say("place.drawing"))), h("p", {}, inWords(only.shape))));
    changed(only.shape);
  }
  let waiting: ReturnType<typeof setTimeout> | undefined;
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 200);
  });
  const file = h("input", {
    type: "file",
    accept: ".geojson,.json,.kml,.txt,.csv",
    "aria-label": say("place.file"),
    onchange: (event: Event) => {
      const [chosen] = (event.target as HTMLInputElement).files ?? [];
      if (chosen === undefined) return;
      if (chosen.size > 1 << 20) void tell(say("place.file"), notice("doubt", say("geo.too_large")));
      else void chosen.text().then(set);
    },
  });
  return h(
    "div",
    { class: "field", "data-field": "place" },
    h("label", { for: "place-text" }, say("place")),
    h("small", { id: "place-help" }, say("place.help")),
    area,
    h("div", { class: "buttons" }, file, walk(set)),
    h("p", { class: "fault" }),
    shown,
  );
}

