/**
 * A task of which nobody knows whether MidJourney has drawn it: the operator looks into the channel and decides.
 *
 * Contract: nothing is decided here. Drawing again may be paid twice, and the button says so; nothing is asked for while an
 * answer is awaited.
 */

import { html, useRef, useState } from "./htm_preact.js";
import { adoptTask, retryTask } from "./api.js";
import { t } from "./texts.js";
import { attempt, refresh, say } from "./work.js";

/** @param {{task: object}} props */
export function Unsettled({ task }) {
  const [message, setMessage] = useState("");
  const [refusal, setRefusal] = useState("");
  const isAsking = useRef(false);
  const settle = async (ask) => {
    if (isAsking.current) return;
    isAsking.current = true;
    setRefusal("");
    if (await attempt(ask, setRefusal)) {
      say(t("settled"));
      await refresh(task.id);
    }
    isAsking.current = false;
  };
  const onAdopt = (event) => {
    event.preventDefault();
    const messageId = message.trim();
    settle(() => adoptTask(task.id, messageId ? { messageId } : {}));
  };
  return html`
    <section class="unsettled stack" aria-labelledby="unsettled-title">
      <h3 id="unsettled-title" class="section-title">${t("unsettled")}</h3>
      <p class="soft">${t("unsettledWhy")}</p>
      <form class="row" onSubmit=${onAdopt}>
        <label class="field grow">
          <span class="label">${t("adoptMessage")}</span>
          <input
            type="text"
            inputmode="numeric"
            value=${message}
            onInput=${(event) => setMessage(event.target.value)}
          />
        </label>
        <button type="submit" class="button">${t("adopt")}</button>
      </form>
      <button type="button" class="button" onClick=${() => settle(() => retryTask(task.id))}>${t("retryTask")}</button>
      ${refusal && html`<p class="error" role="alert">${refusal}</p>`}
    </section>
  `;
}
