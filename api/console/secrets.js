/**
 * The caller's secret and the operator's, as they were typed in.
 *
 * Contract: a secret lives in this tab, or in this browser when the user asked for that; it leaves only as a header of a
 * request to this very service.
 */

const NAMES = { api: "console.secret", admin: "console.adminSecret" };

/** For browsers that keep nothing: known until the page is closed. */
const kept = { api: "", admin: "" };

/** @param {"api" | "admin"} which */
export function secretOf(which) {
  return read(sessionStorageOrNull(), which) || read(localStorageOrNull(), which) || kept[which];
}

/**
 * @param {"api" | "admin"} which
 * @param {string} secret
 * @param {boolean} stays also when the browser is closed
 */
export function keepSecret(which, secret, stays) {
  forgetSecret(which);
  kept[which] = secret;
  try {
    (stays ? localStorage : sessionStorage).setItem(NAMES[which], secret);
  } catch {
    // `kept` has it.
  }
}

/** @param {"api" | "admin"} which */
export function forgetSecret(which) {
  kept[which] = "";
  for (const storage of [sessionStorageOrNull(), localStorageOrNull()]) storage?.removeItem(NAMES[which]);
}

function read(storage, which) {
  return storage?.getItem(NAMES[which]) ?? "";
}

function sessionStorageOrNull() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

function localStorageOrNull() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
