/**
 * The focus is never lost.
 *
 * Contract: when what has it goes away, the nearest place around that is still there takes it: the list, the window, the
 * view. Nobody is thrown back to the top of the page for having pressed a button.
 */

const PLACES = "[tabindex='-1']";

/** @param {HTMLElement} root all that may be drawn again */
export function keepFocus(root) {
  let held = null;
  let places = [];
  root.addEventListener("focusin", ({ target }) => {
    held = target;
    places = [];
    for (let at = target.parentElement; at; at = at.parentElement) if (at.matches(PLACES)) places.push(at);
  });
  new MutationObserver(() => {
    if (!held || held.isConnected) return;
    held = null;
    if (document.activeElement && document.activeElement !== document.body) return;
    const place = places.find((each) => each.isConnected) ?? topmost(root);
    place?.focus({ preventScroll: true });
  }).observe(root, { childList: true, subtree: true });
}

function topmost(root) {
  return [...root.querySelectorAll(`main, dialog[open] > ${PLACES}`)].at(-1);
}
