/**
 * What is being made ready in the composer.
 *
 * Contract: it outlives every view, a secret that has to be entered again and a reload of this tab, but neither signing out
 * nor the tab. A picture too large for the browser's store is kept until the page is loaded again.
 */

import { forgetKept, keep, kept, recall, remember } from "./preferences.js";
import { NOTHING, takenApart } from "./prompt.js";
import { createStore } from "./store.js";

const NAME = "draft";
const EMPTY = Object.freeze({ kind: "imagine", text: "", references: [], shape: "SQUARE", motion: "low" });
const PAUSE = 300; // ms of not typing, until it is kept

let count = 0;

export const draft = createStore({ ...EMPTY, controls: { ...NOTHING, ...recall("controls", {}) }, ...restored() });

/**
 * @param {Omit<import("./references.js").Reference, "key">} made
 * @returns {import("./references.js").Reference} with a key of its own
 */
export function reference(made) {
  count += 1;
  return { name: "", link: "", data: "", preview: "", ...made, key: count };
}

/** Turn controls; they are remembered. @param {Partial<import("./prompt.js").Controls>} changed */
export function turn(changed) {
  const controls = { ...draft.get().controls, ...changed };
  draft.set({ controls });
  remember("controls", controls);
}

/** A prompt is taken up again: its words, its parameters and what it refers to. @param {string} prompt */
export function takeUp(prompt) {
  const { text, controls, references } = takenApart(prompt);
  turn(controls);
  draft.set({
    kind: "imagine",
    text,
    references: references.map(({ role, link }) => reference({ role, link, name: link })),
  });
}

export function clearDraft() {
  draft.set(EMPTY);
  save();
}

function restored() {
  const found = kept(NAME, null);
  if (!found) return {};
  return { ...found, references: (found.references ?? []).map(reference) };
}

let clock = 0;
draft.listen(() => {
  clearTimeout(clock);
  clock = setTimeout(save, PAUSE);
});
addEventListener("pagehide", save);

function save() {
  clearTimeout(clock);
  const { controls, ...now } = draft.get();
  const isEmpty = Object.keys(EMPTY).every((name) => now[name] === EMPTY[name]) || (!now.text && !now.references.length);
  if (isEmpty) forgetKept(NAME);
  else if (!keep(NAME, now)) keep(NAME, { ...now, references: now.references.filter((each) => !each.data) });
}
