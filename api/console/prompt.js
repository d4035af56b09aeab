/**
 * The controls' positions and the words -> the prompt as it is submitted. Pure.
 *
 * Law: what was typed stays letter for letter and outweighs the controls: a parameter that stands in the text is not
 * added again. A control in its first position says nothing, so MidJourney's own default holds.
 */

/**
 * @typedef {{ratio: string, version: string, stylize: number | null, chaos: number | null, weird: number | null,
 *            quality: string, seed: string, no: string, weight: number | null, raw: boolean, tile: boolean}} Controls
 */

/** @type {Controls} */
export const NOTHING = Object.freeze({
  ratio: "",
  version: "",
  stylize: null,
  chaos: null,
  weird: null,
  quality: "",
  seed: "",
  no: "",
  weight: null,
  raw: false,
  tile: false,
});

export const RATIOS = ["1:1", "4:3", "3:2", "16:9", "21:9", "3:4", "2:3", "9:16"];
export const VERSIONS = ["v 8.2", "v 8.1", "v 7", "v 6.1", "v 6", "v 5.2", "niji 7", "niji 6", "niji 5"];
export const QUALITIES = ["0.25", "0.5", "1", "2", "4"];
export const RANGES = { stylize: [0, 1000, 10], chaos: [0, 100, 1], weird: [0, 3000, 10], weight: [0, 3, 0.25] };
export const MIDDLE = { stylize: 100, chaos: 0, weird: 0, weight: 1 };

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
  weight: ["iw"],
  raw: ["raw", "style"],
  tile: ["tile"],
};

const DASHES = "(?:--|—|–)";

/** @param {string} text @param {keyof TYPED} control is it said in the text already? */
export function isTyped(text, control) {
  return new RegExp(`(?:^|\\s)${DASHES}(?:${TYPED[control].join("|")})(?=\\s|$)`, "iu").test(text);
}

/**
 * @param {string} text
 * @param {Controls} controls
 * @param {boolean} withPictures are pictures brought along? Without them their weight means nothing
 */
export function promptOf(text, controls, withPictures) {
  const parts = Object.entries(wordsOf(controls, withPictures))
    .filter(([control, words]) => words && !isTyped(text, control))
    .map(([, words]) => words);
  return [text.trim(), ...parts].filter(Boolean).join(" ");
}

function wordsOf(controls, withPictures) {
  const seed = controls.seed.trim();
  const no = controls.no.trim().replace(/\s+/g, " ");
  return {
    ratio: controls.ratio && `--ar ${controls.ratio}`,
    version: controls.version && `--${controls.version}`,
    stylize: controls.stylize !== null && `--stylize ${controls.stylize}`,
    chaos: controls.chaos !== null && `--chaos ${controls.chaos}`,
    weird: controls.weird !== null && `--weird ${controls.weird}`,
    quality: controls.quality && `--quality ${controls.quality}`,
    seed: seed && `--seed ${seed}`,
    weight: withPictures && controls.weight !== null && `--iw ${controls.weight}`,
    raw: controls.raw && "--raw",
    tile: controls.tile && "--tile",
    no: no && `--no ${no}`,
  };
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
