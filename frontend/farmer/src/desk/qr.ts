/** A QR code as a drawing. The squares are uqr's; here they become one path. */

import { encode } from "uqr";
import { svg } from "./dom.ts";

/** Light squares around the code, without which cameras do not find it (ISO/IEC 18004, 5.3.8). */
const QUIET = 4;

/** The path of the dark squares, and how many squares a side has. */
export function path(text: string): { readonly d: string; readonly side: number } {
  const { data, size } = encode(text, { ecc: "M", border: QUIET });
  let d = "";
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] !== true) continue;
      let end = x;
      while (row[end + 1] === true) end += 1;
      d += `M${x} ${y}h${end - x + 1}v1h-${end - x + 1}z`;
      x = end;
    }
  }
  return { d, side: size };
}

export function qr(text: string, label: string): SVGElement {
  const { d, side } = path(text);
  return svg(
    "svg",
    { viewBox: `0 0 ${side} ${side}`, class: "qr", role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svg("rect", { width: side, height: side, fill: "#fff" }),
    svg("path", { d, fill: "#000" }),
  );
}
