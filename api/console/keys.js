/**
 * The keys that work anywhere, and the window that names them all.
 *
 * Contract: a key is never taken from what is being typed, nor from a window that is open.
 */

import { Dialog } from "./dialog.js";
import { html, useEffect, useState } from "./htm_preact.js";
import { t } from "./texts.js";

const KEYS = [
  ["Enter", "keyEnter"],
  ["↑ ↓", "keyRecall"],
  ["/", "keySearch"],
  ["← → ↑ ↓", "keyMove"],
  ["1 2 3 4", "keyUpscale"],
  ["D", "keyDownload"],
  ["F", "keyFavourite"],
  ["Esc", "keyClose"],
  ["?", "keyHelp"],
];

/** @param {Event} event is something being typed, or a key of the browser's pressed? */
export function isTyping(event) {
  const { target } = event;
  const isField = /^(TEXTAREA|SELECT|VIDEO)$/.test(target.tagName) || (target.tagName === "INPUT" && target.type !== "radio");
  return isField || event.isComposing || event.altKey || event.ctrlKey || event.metaKey;
}

export function Keys() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKeyDown = (event) => {
      if (isTyping(event)) return;
      if (event.key === "?") setOpen((was) => !was);
      if (event.key !== "/" || document.querySelector("dialog[open]")) return;
      const search = document.querySelector("input[type=search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
  if (!isOpen) return null;
  return html`
    <${Dialog} title=${t("keys")} class="small" onClose=${() => setOpen(false)}>
      <dl class="facts keys">
        ${KEYS.map(([keys, text]) => html`<dt key=${text}><kbd>${keys}</kbd></dt><dd>${t(text)}</dd>`)}
      </dl>
    <//>
  `;
}
