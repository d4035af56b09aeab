/**
 * The buttons that MidJourney offers under a result.
 *
 * Contract: each press may cost, so a button that was pressed waits for its answer before it can be pressed again.
 */

import { html, useState } from "./htm_preact.js";
import { grouped } from "./buttons.js";
import { t } from "./texts.js";
import { press } from "./work.js";

/** @param {{task: object, buttons?: object[]}} props `buttons`: those that are not offered elsewhere */
export function Actions({ task, buttons = task.buttons }) {
  const [pressed, setPressed] = useState("");
  const onPress = async (button) => {
    if (pressed) return;
    setPressed(button.customId);
    await press(task, button);
    setPressed("");
  };
  return html`
    <div class="actions">
      ${grouped(buttons).map(
        ({ group, buttons: ofGroup }) => html`
          <div class="action-group group-${group}" role="group" aria-label=${t(`group_${group}`)} key=${group}>
            <span class="label" aria-hidden="true">${t(`group_${group}`)}</span>
            <div class="action-buttons">
              ${ofGroup.map(
                (button) => html`
                  <button
                    type="button"
                    class="button"
                    key=${button.customId}
                    aria-label=${button.short ? `${button.short}: ${nameOf(button)}` : nameOf(button)}
                    aria-busy=${pressed === button.customId}
                    data-custom-id=${button.customId}
                    onClick=${() => onPress(button)}
                  >
                    ${faceOf(button)}
                  </button>
                `,
              )}
            </div>
          </div>
        `,
      )}
    </div>
  `;
}

/** In words, for screen readers too; a short face, MidJourney's own, stands before it: it may be what is spoken. */
function nameOf(button) {
  if (button.name) return t(button.name, { n: button.number });
  return button.words || button.emoji || t("group_other");
}

const ARROWS = { panLeft: "←", panRight: "→", panUp: "↑", panDown: "↓" };

function faceOf(button) {
  return button.short || ARROWS[button.name] || nameOf(button);
}
