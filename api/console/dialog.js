/**
 * A window over the page.
 *
 * Law: the browser's own <dialog>: it keeps the focus inside, makes the rest inert, closes on Esc and gives the focus
 * back to where it was.
 */

import { html, useLayoutEffect, useRef } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { Message } from "./message.js";
import { t } from "./texts.js";

/**
 * @param {{title: string, onClose?: () => void, class?: string, isBare?: boolean, children: unknown}} props
 *   without `onClose` it stays until it is answered; `isBare`: the title is for screen readers only
 */
export function Dialog({ title, onClose, class: name = "", isBare = false, children }) {
  const element = useRef(null);
  const opener = useRef(document.activeElement);
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    return () => {
      dialog.close();
      if (opener.current?.isConnected) opener.current.focus({ preventScroll: true });
    };
  }, []);
  const onCancel = (event) => {
    if (event.target !== element.current) return; // a file chooser inside was cancelled
    event.preventDefault();
    onClose?.();
  };
  const onClick = (event) => event.target === element.current && onClose?.();
  return html`
    <dialog ref=${element} class="dialog ${name}" aria-label=${title} onCancel=${onCancel} onClick=${onClick}>
      <div class="dialog-body">
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
