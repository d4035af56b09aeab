/**
 * The page's few icons, drawn in the text's colour.
 *
 * Contract: they only decorate. What they mean stands beside them as text, or in the label of what holds them.
 */

import { h } from "./htm_preact.js";

const PATHS = {
  add: "M12 5v14M5 12h14",
  arrow: "M5 12h13M13 6l6 6-6 6",
  check: "M5 12.5l4.5 4.5L19 7",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM5 15V4h10",
  down: "M12 4v11M7 11l5 5 5-5M5 20h14",
  left: "M14.5 6l-6 6 6 6",
  right: "M9.5 6l6 6-6 6",
  moon: "M19 14.5A7.5 7.5 0 0 1 9.5 5a7.5 7.5 0 1 0 9.5 9.5z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  out: "M14 5H5v14h9M10 12h10M16 8l4 4-4 4",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 8.5h.01",
  search: "M10.5 5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM15 15l4.5 4.5",
  again: "M19 8a8 8 0 1 0 1 4M19 4v4h-4",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5a2.2 2.2 0 0 0 4 0",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.700l1-1",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  star: "M12 4l2.5 5.100 5.600.8-4.050 3.950.950 5.600L12 16.800l-5 2.650.950-5.600L3.900 9.900l5.600-.8z",
  undo: "M5 9h9a5 5 0 0 1 0 10h-3M9 5L5 9l4 4",
};

/** @param {{name: keyof typeof PATHS, size?: number}} props */
export function Icon({ name, size = 18 }) {
  const box = { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", focusable: "false" };
  return h("svg", { class: "icon", ...box }, h("path", { d: PATHS[name] }));
}
