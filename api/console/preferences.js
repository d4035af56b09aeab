/**
 * What the page remembers: in this browser language, light or dark, presets and the controls' last positions; in this
 * tab what is being written.
 *
 * Contract: a browser that keeps nothing (private windows, blocked storage) must not break the page. Never a secret: those
 * are in secrets.js.
 */

const PREFIX = "console.";

/**
 * @param {string} name
 * @param {unknown} otherwise what to answer when nothing, or nothing usable, is kept
 */
export function recall(name, otherwise) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} name
 * @param {unknown} value `null` forgets it
 */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // It is forgotten when the page is closed.
  }
}

/** Of this tab, also when it is loaded again. @param {string} name @param {unknown} otherwise */
export function kept(name, otherwise) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} name @param {unknown} value @returns {boolean} was there room for it? */
export function keep(name, value) {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} name */
export function forgetKept(name) {
  try {
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // It was never kept.
  }
}
