/**
 * What a drawing may refer to, as what, and which version of MidJourney takes it. Pure.
 *
 * Contract: MidJourney alone knows what it takes, and it is newer than this file: what is said here warns, and refuses
 * nothing.
 */

/**
 * @typedef {"picture" | "style" | "omni" | "edit"} Role
 * @typedef {{key: number, role: Role, name: string, link: string, data: string, preview: string}} Reference
 *   `link`: an address or a style's code, "" for a file; `data`: a file as a data URL, "" for a link; `preview`: ""
 *   where there is nothing to be seen
 */

/** By which parameter each is asked for, and how many of them MidJourney takes. Pictures stand before the words. */
export const ROLES = {
  picture: { parameter: "", most: 5 },
  style: { parameter: "sref", most: 5 },
  omni: { parameter: "oref", most: 1 },
  edit: { parameter: "edit", most: 4 },
};

const NEWEST = 8.2; // what draws where no version is named

/** What not every version takes: from, to. niji's versions count as MidJourney's of the same number. */
const TAKEN = {
  style: [5, Infinity],
  omni: [7, 7],
  edit: [8.1, Infinity],
  draft: [7, 7],
  exp: [7, Infinity],
  weird: [5, Infinity],
  quality: [1, 7],
};

/** Of whose kinds niji has none. */
const NOT_NIJI = ["omni", "edit", "draft"];

/** The version to draw with for what the one in force does not take. */
export const NEEDED = { style: "v 7", omni: "v 7", edit: "v 8.2", draft: "v 7", exp: "v 7", weird: "v 7", quality: "v 7" };

/** @param {string} text an address that can be followed */
export const isLink = (text) => /^https?:\/\/[^\s<>]+$/i.test(text);

/** A style is also named by a code, or left to chance. @param {string} text @param {Role} role */
export const isReference = (text, role) => isLink(text) || (role === "style" && /^(?:\d+|random)(?:::[\d.]+)?$/i.test(text));

/**
 * @param {string} text
 * @param {string} chosen the control's position, as "v 7"; what stands in the text outweighs it
 * @returns {{number: number, isNiji: boolean, isNamed: boolean}}
 */
export function versionOf(text, chosen) {
  const typed = /(?:^|\s)(?:--|—|–)(v|version|niji)(?:\s+(\d+(?:\.\d+)?))?(?=\s|$)/iu.exec(text);
  const [, name, number] = typed ?? /^(\w+) ([\d.]+)$/.exec(chosen) ?? [];
  if (!name) return { number: NEWEST, isNiji: false, isNamed: false };
  const isNiji = name.toLowerCase() === "niji";
  return { number: number ? Number(number) : 7, isNiji, isNamed: true };
}

/** Does this version take it? @param {string} what a role or a control @param {ReturnType<versionOf>} version */
export function takes(what, version) {
  const [from, to] = TAKEN[what] ?? [0, Infinity];
  if (version.isNiji && NOT_NIJI.includes(what)) return false;
  return version.number >= from && version.number <= to;
}
