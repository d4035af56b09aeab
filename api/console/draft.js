/**
 * What is being made ready in the composer.
 *
 * Law: it outlives every view, and a secret that has to be entered again, but neither signing out nor the page: it is
 * never written down in the browser.
 */

import { createStore } from "./store.js";

const EMPTY = Object.freeze({ kind: "imagine", text: "", pictures: [], shape: "SQUARE", motion: "low" });

export const draft = createStore(EMPTY);

/** @param {import("./brought.js").Brought} picture it is not shown any more */
export const forget = (picture) => URL.revokeObjectURL(picture.preview);

export function clearDraft() {
  draft.get().pictures.forEach(forget);
  draft.set(EMPTY);
}
