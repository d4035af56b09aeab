/**
 * What has just happened, in a line at the edge.
 *
 * Contract: shown and spoken at once. An error stays until it is closed or followed. Each window has
 * its own, as all behind an open window is neither seen nor spoken.
 */

import { html } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { useStore } from "./store.js";
import { t } from "./texts.js";
import { app } from "./work.js";

export function Message() {
  const { message } = useStore(app);
  const isError = message?.kind === "error";
  const words = message && html`<span key=${message.number} class="grow">${message.text}</span>`;
  return html`
    <div class="message ${message ? "is-shown" : ""} ${isError ? "is-error" : ""}">
      <div class="grow" role="status">${!isError && words}</div>
      <div class="grow" role="alert">${isError && words}</div>
      ${message &&
      html`<button type="button" class="icon-button" aria-label=${t("close")} onClick=${() => app.set({ message: null })}>
        <${Icon} name="close" size=${16} />
      </button>`}
    </div>
  `;
}
