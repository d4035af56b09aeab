/**
 * The keys under which the service does a thing once, however often it is asked.
 *
 * Contract: what is asked for from one place keeps its key until it was taken; when anything of it changes it is another wish
 * and gets another key.
 */

const wishes = new Map(); // place -> {text, key}

/**
 * @param {string} place where it is asked for: the composer, a button
 * @param {unknown} asked all of it
 */
export function keyOf(place, asked) {
  const text = JSON.stringify(asked);
  const wish = wishes.get(place);
  if (wish?.text === text) return wish.key;
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  wishes.set(place, { text, key });
  return key;
}

/** It was taken: the same again is another wish. @param {string} place */
export const fulfilled = (place) => wishes.delete(place);
