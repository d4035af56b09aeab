/**
 * Asking for a secret.
 *
 * Contract: it is asked for only when the service wants one, and says so when the last one was wrong.
 */

import { html, useState } from "./htm_preact.js";
import { Dialog } from "./dialog.js";
import { t } from "./texts.js";
import { signIn } from "./work.js";

/** @param {{refusal: string}} props */
export function SignIn({ refusal }) {
  return html`
    <${Dialog} title=${t("signInTitle")} class="small">
      <p class="soft">${t("signInWhy")}</p>
      <${SecretForm} label=${t("secret")} refusal=${refusal} onSecret=${signIn} />
    <//>
  `;
}

/** @param {{label: string, refusal: string, onSecret: (secret: string, stays: boolean) => void}} props */
export function SecretForm({ label, refusal, onSecret }) {
  const [secret, setSecret] = useState("");
  const [stays, setStays] = useState(false);
  const onSubmit = (event) => {
    event.preventDefault();
    if (secret.trim()) onSecret(secret.trim(), stays);
  };
  return html`
    <form class="stack" onSubmit=${onSubmit}>
      <input class="away" type="text" autocomplete="username" value=${label} tabindex="-1" aria-hidden="true" readonly />
      <label class="field">
        <span class="label">${label}</span>
        <input
          type="password"
          name="secret"
          autocomplete="current-password"
          autofocus
          aria-invalid=${refusal ? "true" : "false"}
          value=${secret}
          onInput=${(event) => setSecret(event.target.value)}
        />
      </label>
      ${refusal && html`<p class="error" role="alert">${refusal}</p>`}
      <label class="check">
        <input type="checkbox" checked=${stays} onChange=${(event) => setStays(event.target.checked)} />
        <span>${t("rememberSecret")}</span>
      </label>
      <button class="button primary" type="submit">${t("signIn")}</button>
    </form>
  `;
}
