/**
 * A window over the page.
 *
 * Contract: the browser's own <dialog>: it keeps the focus inside, makes the rest inert, closes on Esc and gives the focus
 * back to where it was. Only a press that began beside it closes it, not text that was marked beyond its edge.
 */

import { html, useLayoutEffect, useRef } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { Message } from "./message.js";
import { t } from "./texts.js";

/**
 * @param {{title: string, onClose?: () => void, onKeyDown?: (event: KeyboardEvent) => void, class?: string,
 *          isBare?: boolean, children: unknown}} props
 *   without `onClose` it stays until it is answered; `isBare`: the title is for screen readers only
 */
export function Dialog({ title, onClose, onKeyDown, class: name = "", isBare = false, children }) {
  const element = useRef(null);
  const opener = useRef(document.activeElement);
  const isPressedBeside = useRef(false);
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    return () => {
      dialog.close();
      const task = opener.current?.dataset.task; // its tile may have been drawn anew meanwhile
      const again = opener.current?.isConnected ? opener.current : task && document.querySelector(`.tile[data-task="${task}"]`);
      again?.focus({ preventScroll: true });
    };
  }, []);
  const isItself = (event) => event.target === element.current;
  const onCancel = (event) => {
    if (!isItself(event)) return; // a file chooser inside was cancelled
    event.preventDefault();
    onClose?.();
  };
  const onClosed = (event) => {
    if (!isItself(event) || event.target.open || !event.target.isConnected) return;
    if (onClose) onClose();
    else event.target.showModal(); // browsers let a second Esc close whatever there is
  };
  const onPointerDown = (event) => {
    isPressedBeside.current = isItself(event);
  };
  const onClick = (event) => isItself(event) && isPressedBeside.current && onClose?.();
  return html`
    <dialog
      ref=${element}
      class="dialog ${name}"
      aria-label=${title}
      onCancel=${onCancel}
      onClose=${onClosed}
      onPointerDown=${onPointerDown}
      onClick=${onClick}
      onKeyDown=${onKeyDown}
    >
      <div class="dialog-body" tabindex="-1">
        ${!isBare && html`<h2 class="dialog-title">${title}</h2>`} ${children}
        ${onClose &&
        html`<button type="button" class="icon-button dialog-close" aria-label=${t("close")} onClick=${onClose}>
          <${Icon} name="close" />
        </button>`}
      </div>
      <${Message} />
    </dialog>
  `;
}
