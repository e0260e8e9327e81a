/** Drawings of 24 by 24, one stroke: they say the act before the word is read. */

import { svg } from "./dom.ts";

const PATHS = {
  plant: ["M12 21v-9", "M12 14c0-4-3-7-8-7 0 5 3 7 8 7Z", "M12 11c0-4 3-7 8-7 0 5-3 7-8 7Z"],
  feed: ["M7 8h10l2 12H5L7 8Z", "M9 8V5h6v3", "M10 13h.01M14 13h.01M12 16h.01"],
  spray: ["M6 9h7v11a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V9Z", "M8 9V6h5l2-2", "M17 4h.01M20 3h.01M18.500 7h.01M21 6h.01M20 9h.01"],
  harvest: ["M3 11h18l-2 9H5l-2-9Z", "M8 11c0-4 2-6 4-6s4 2 4 6", "M9 14v3M12 14v3M15 14v3"],
  ship: ["M2 6h11v10H2z", "M13 9h4l4 4v3h-8", "M6.500 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z"],
  water: ["M12 3s6 6.500 6 11a6 6 0 0 1-12 0c0-4.500 6-11 6-11Z"],
  waste: ["M5 7h14", "M7 7l1 13h8l1-13", "M9 7V4h6v3"],
  more: ["M5 12h.01M12 12h.01M19 12h.01"],
  home: ["M4 11l8-7 8 7", "M6 10v10h12V10"],
  outbox: ["M12 15V4", "M8 8l4-4 4 4", "M4 14v6h16v-6"],
  lots: ["M4 8l8-4 8 4-8 4-8-4Z", "M4 8v8l8 4 8-4V8", "M12 12v8"],
  messages: ["M4 5h16v11H9l-5 4V5Z"],
  settings: ["M5 7h14M5 12h14M5 17h14"],
  person: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z", "M4 21c1-5 4-7 8-7s7 2 8 7"],
  camera: ["M4 8h4l2-3h4l2 3h4v11H4V8Z", "M12 16a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z"],
  microphone: ["M12 14a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3Z", "M6 11a6 6 0 0 0 12 0", "M12 17v4"],
  place: ["M12 21s7-6 7-11a7 7 0 0 0-14 0c0 5 7 11 7 11Z", "M12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z"],
  plot: ["M4 6l7-2v14l-7 2V6Z", "M11 4l9 3v13l-9-2"],
  back: ["M15 5l-7 7 7 7"],
  next: ["M9 5l7 7-7 7"],
  check: ["M5 13l4 4 10-11"],
  doubleCheck: ["M2 13l4 4L15 7", "M11 15l2 2L22 7"],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z", "M12 7v5l4 2"],
  warning: ["M12 4L2.500 20h19L12 4Z", "M12 10v4M12 17h.01"],
  close: ["M6 6l12 12M18 6L6 18"],
  star: ["M12 4l2.500 5 5.500.800-4 3.900 1 5.500-5-2.700-5 2.700 1-5.500-4-3.900 5.500-.800L12 4Z"],
  scan: ["M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4", "M4 12h16"],
  erase: ["M9 6h11v12H9l-6-6 6-6Z", "M12 10l4 4M16 10l-4 4"],
  add: ["M12 5v14M5 12h14"],
  desk: ["M3 8h18M5 8v11M19 8v11M3 5h18v3H3z", "M9 12h6"],
} as const;

export type Icon = keyof typeof PATHS;

export const icon = (name: Icon, size = 24): SVGElement =>
  svg(
    "svg",
    { viewBox: "0 0 24 24", width: size, height: size, class: "icon", "aria-hidden": "true", focusable: "false" },
    ...PATHS[name].map((d) => svg("path", { d })),
  );
