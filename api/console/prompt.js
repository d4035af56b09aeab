/**
 * The controls' positions, the references and the words -> the prompt as it is submitted, and back. Pure.
 *
 * Contract: what was typed stays letter for letter and outweighs the controls: a parameter that stands in the text is not
 * added again. A control in its first position says nothing, so MidJourney's own default holds. A prompt taken apart and
 * put together again means the same.
 */

import { ROLES, isLink } from "./references.js";

/**
 * @typedef {{ratio: string, version: string, stylize: number | null, chaos: number | null, weird: number | null,
 *            quality: string, exp: number | null, seed: string, no: string, weight: number | null,
 *            styleWeight: number | null, omniWeight: number | null, raw: boolean, tile: boolean, draft: boolean,
 *            personal: boolean}} Controls
 * @typedef {import("./references.js").Reference} Reference
 */

/** @type {Controls} */
export const NOTHING = Object.freeze({
  ratio: "",
  version: "",
  stylize: null,
  chaos: null,
  weird: null,
  quality: "",
  exp: null,
  seed: "",
  no: "",
  weight: null,
  styleWeight: null,
  omniWeight: null,
  raw: false,
  tile: false,
  draft: false,
  personal: false,
});

export const RATIOS = ["1:1", "4:3", "3:2", "16:9", "21:9", "3:4", "2:3", "9:16"];
export const VERSIONS = ["v 8.2", "v 8.1", "v 7", "v 6.1", "v 6", "v 5.2", "niji 7", "niji 6", "niji 5"];
export const QUALITIES = ["0.25", "0.5", "1", "2", "4"];

/** Smallest, largest, step. */
export const RANGES = {
  stylize: [0, 1000, 10],
  chaos: [0, 100, 1],
  weird: [0, 3000, 10],
  exp: [0, 100, 1],
  weight: [0, 3, 0.25],
  styleWeight: [0, 1000, 10],
  omniWeight: [0, 1000, 10],
};
export const MIDDLE = { stylize: 100, chaos: 0, weird: 0, exp: 0, weight: 1, styleWeight: 100, omniWeight: 100 };

/** The names under which each parameter may have been typed. */
const TYPED = {
  ratio: ["ar", "aspect"],
  version: ["v", "version", "niji"],
  stylize: ["stylize", "s"],
  chaos: ["chaos", "c"],
  weird: ["weird", "w"],
  quality: ["quality", "q"],
  seed: ["seed"],
  no: ["no"],
  exp: ["exp"],
  weight: ["iw"],
  styleWeight: ["sw"],
  omniWeight: ["ow"],
  raw: ["raw", "style"],
  tile: ["tile"],
  draft: ["draft"],
  personal: ["p", "profile", "personalize"],
};

const DASHES = "(?:--|—|–)";

/** @param {string} text @param {keyof TYPED} control is it said in the text already? */
export function isTyped(text, control) {
  return new RegExp(`(?:^|\\s)${DASHES}(?:${TYPED[control].join("|")})(?=\\s|$)`, "iu").test(text);
}

/**
 * @param {string} text
 * @param {Controls} controls
 * @param {Reference[]} [references] a file is named by its place: what stands for it is not known before it is sent
 */
export function promptOf(text, controls, references = []) {
  const { picture, style, omni, edit } = byRole(references);
  const said = wordsOf(controls, { hasPicture: picture.length > 0, hasStyle: style.length > 0, hasOmni: omni.length > 0 });
  const parts = Object.entries(said)
    .filter(([control, words]) => words && !isTyped(text, control))
    .map(([, words]) => words);
  const links = (role, values) => (values.length ? `--${ROLES[role].parameter} ${values.join(" ")}` : "");
  const asked = [links("style", style), links("omni", omni), links("edit", edit)];
  return [...picture.filter(Boolean), text.trim(), ...parts, ...asked].filter(Boolean).join(" ");
}

/** @param {Reference[]} references @returns {Record<keyof ROLES, string[]>} "" for a picture sent beside the prompt */
function byRole(references) {
  const found = { picture: [], style: [], omni: [], edit: [] };
  for (const { role, link, name } of references) found[role].push(link || (role === "picture" ? "" : `<${name}>`));
  return found;
}

function wordsOf(controls, { hasPicture, hasStyle, hasOmni }) {
  const seed = controls.seed.trim();
  const no = controls.no.trim().replace(/\s+/g, " ");
  const number = (name, value) => value !== null && `--${name} ${value}`;
  return {
    ratio: controls.ratio && `--ar ${controls.ratio}`,
    version: controls.version && `--${controls.version}`,
    stylize: number("stylize", controls.stylize),
    chaos: number("chaos", controls.chaos),
    weird: number("weird", controls.weird),
    exp: number("exp", controls.exp),
    quality: controls.quality && `--quality ${controls.quality}`,
    seed: seed && `--seed ${seed}`,
    weight: hasPicture && number("iw", controls.weight),
    styleWeight: hasStyle && number("sw", controls.styleWeight),
    omniWeight: hasOmni && number("ow", controls.omniWeight),
    raw: controls.raw && "--raw",
    tile: controls.tile && "--tile",
    draft: controls.draft && "--draft",
    personal: controls.personal && "--p",
    no: no && `--no ${no}`,
  };
}

const IMAGE_LINK = /^<?(https?:\/\/[^\s<>]+)>?(?:\s+|$)/i;
const PARAMETER = new RegExp(`(?:^|\\s+)${DASHES}(?=\\p{L})`, "u");

/**
 * A prompt as it was sent -> what the composer shows of it. What has no control stays in the text.
 *
 * @param {string} prompt
 * @returns {{text: string, controls: Controls, references: {role: string, link: string}[]}}
 */
export function takenApart(prompt) {
  let rest = prompt.trim();
  const references = [];
  for (let found = IMAGE_LINK.exec(rest); found; found = IMAGE_LINK.exec(rest)) {
    references.push({ role: "picture", link: found[1] });
    rest = rest.slice(found[0].length);
  }
  const [words, ...parameters] = rest.split(PARAMETER);
  const controls = { ...NOTHING };
  const kept = [words.trim()];
  for (const parameter of parameters) {
    const [, name, value] = /^(\S+)\s*([^]*)$/.exec(parameter.trim());
    const role = Object.keys(ROLES).find((each) => ROLES[each].parameter === name.toLowerCase());
    const values = value.trim().split(/\s+/).map((each) => each.replace(/^<(.*)>$/, "$1"));
    const known = role ? null : positionOf(name.toLowerCase(), value.trim(), controls);
    if (role && values[0] && values.every((each) => role === "style" || isLink(each))) {
      references.push(...values.map((link) => ({ role, link })));
    } else if (known) Object.assign(controls, known);
    else kept.push(`--${parameter.trim()}`);
  }
  return { text: kept.filter(Boolean).join(" "), controls, references };
}

/** The control that says the same, in its position; null where there is none, or it is taken already. */
function positionOf(name, value, controls) {
  const control = Object.keys(TYPED).find((each) => TYPED[each].includes(name));
  if (!control || controls[control] !== NOTHING[control]) return null;
  const position = read(control, name, value);
  return position === null ? null : { [control]: position };
}

function read(control, name, value) {
  if (control === "ratio") return /^\d{1,4}:\d{1,4}$/.test(value) ? value : null;
  if (control === "no") return value || null;
  if (control === "seed") return /^\d{1,10}$/.test(value) ? value : null;
  if (control === "quality") return QUALITIES.includes(value.replace(/^\./, "0.")) ? value.replace(/^\./, "0.") : null;
  if (control === "version") {
    const version = `${name === "niji" ? "niji" : "v"} ${value}`;
    return VERSIONS.includes(version) ? version : null;
  }
  if (control in RANGES) {
    const [least, most] = RANGES[control];
    const number = Number(value);
    return value !== "" && number >= least && number <= most ? number : null;
  }
  const isFlag = name === "style" ? value.toLowerCase() === "raw" : value === "";
  return isFlag ? true : null;
}

/** Width by height of `--ar`; null without one. @param {string} text */
export function ratioOf(text) {
  const found = /(?:^|\s)(?:--|—|–)(?:ar|aspect)\s+(\d{1,4})\s*[:：]\s*(\d{1,4})/iu.exec(text ?? "");
  const [width, height] = found ? [Number(found[1]), Number(found[2])] : [0, 0];
  return width && height ? Math.min(4, Math.max(0.25, width / height)) : null;
}

/** A zoom's text with its factor, which stands once. @param {string} text @param {number} factor */
export function withZoom(text, factor) {
  return `${text.replace(/\s*--zoom\s+[\d.]+/giu, "").trim()} --zoom ${factor}`;
}
