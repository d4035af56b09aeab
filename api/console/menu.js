/**
 * A button that opens a list of things to do.
 *
 * Contract: arrows move in it, Esc and a press beside it close it, and the focus goes back to the button.
 */

import { html, useEffect, useRef, useState } from "./htm_preact.js";
import { Icon } from "./icons.js";

/**
 * @param {{label: string, icon: string, class?: string, isStop?: boolean,
 *          items: {name: string, note?: string, onPick: () => void}[]}} props `isStop`: Tab stops at it
 */
export function Menu({ label, icon, class: name = "", isStop = true, items }) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef(null);
  const button = useRef(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    place.current.querySelector("[role=menuitem]").focus();
    const onPress = (event) => place.current?.contains(event.target) || setOpen(false);
    addEventListener("pointerdown", onPress);
    return () => removeEventListener("pointerdown", onPress);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button.current?.focus({ preventScroll: true });
  };
  const onKeyDown = (event) => {
    if (!isOpen) return;
    const all = [...place.current.querySelectorAll("[role=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    event.stopPropagation(); // what is around it has keys of its own
    if (event.key === "Tab") setOpen(false);
    if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
    if (to === undefined) return;
    event.preventDefault();
    all[to % all.length].focus();
  };
  return html`
    <span ref=${place} class="menu ${isOpen ? "is-open" : ""} ${name}" onKeyDown=${onKeyDown}>
      <button
        ref=${button}
        type="button"
        class="icon-button"
        tabindex=${isStop ? 0 : -1}
        aria-label=${label}
        title=${label}
        aria-haspopup="menu"
        aria-expanded=${isOpen ? "true" : "false"}
        onClick=${() => setOpen(!isOpen)}
      >
        <${Icon} name=${icon} />
      </button>
      ${isOpen &&
      html`<span class="menu-list" role="menu" aria-label=${label}>
        ${items.map(
          ({ name: words, note, onPick }) => html`
            <button
              type="button"
              role="menuitem"
              tabindex="-1"
              key=${words}
              onClick=${() => {
                close();
                onPick();
              }}
            >
              <span class="grow">${words}</span>
              ${note && html`<span class="soft">${note}</span>`}
            </button>
          `,
        )}
      </span>`}
    </span>
  `;
}
