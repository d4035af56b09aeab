/**
 * What only the operator sees: call-backs and what became of them, and the settings in force.
 *
 * Law: the service decides who is the operator; the page asks, and asks for the operator's secret when told to.
 */

import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { Refusal, deliveries, retryDelivery, settings } from "./api.js";
import { forgetSecret, keepSecret, secretOf } from "./secrets.js";
import { SecretForm } from "./sign_in.js";
import { clock, t, told } from "./texts.js";
import { attempt, say, wordsOf } from "./work.js";

export function Operator() {
  const [known, setKnown] = useState(null);
  const [refusal, setRefusal] = useState(null);
  const load = async () => {
    try {
      const [inForce, hooks] = await Promise.all([settings(), deliveries()]);
      setRefusal(null);
      setKnown({ settings: inForce.settings, deliveries: hooks.deliveries ?? hooks });
    } catch (error) {
      const wasGiven = secretOf("admin") !== "";
      const status = error instanceof Refusal ? error.status : 0;
      if (status === 401) forgetSecret("admin");
      setRefusal({ status, words: status === 401 ? (wasGiven ? t("wrongSecret") : "") : wordsOf(error) });
    }
  };
  useEffect(() => {
    load();
  }, []);
  const onSecret = (secret, stays) => {
    keepSecret("admin", secret, stays);
    load();
  };
  return html`
    <section class="page" aria-labelledby="operator-title">
      <h1 id="operator-title" class="page-title">${t("operator")}</h1>
      ${refusal?.status === 401 &&
      html`<div class="card narrow stack">
        <p class="soft">${t("adminWhy")}</p>
        <${SecretForm} label=${t("adminSecret")} refusal=${refusal.words} onSecret=${onSecret} />
      </div>`}
      ${refusal && refusal.status !== 401 && html`<p class="notice warn" role="alert">${refusal.words}</p>`}
      ${known && !refusal && html`<${Deliveries} all=${known.deliveries} onChange=${load} />`}
      ${known && !refusal && html`<${InForce} settings=${known.settings} />`}
    </section>
  `;
}

function Deliveries({ all, onChange }) {
  const onRetry = async (id) => {
    if (!(await attempt(() => retryDelivery(id)))) return;
    say(t("deliveryTaken"));
    onChange();
  };
  return html`
    <section class="stack" aria-labelledby="deliveries-title">
      <div class="row">
        <h2 id="deliveries-title" class="section-title grow">${t("deliveries")}</h2>
        <button type="button" class="button" onClick=${onChange}>${t("readAgain")}</button>
      </div>
      ${all.length === 0 && html`<p class="soft">${t("noDeliveries")}</p>`}
      <ul class="rows">
        ${all.map((each) => html`<${Delivery} key=${each.id} delivery=${each} onRetry=${onRetry} />`)}
      </ul>
    </section>
  `;
}

function Delivery({ delivery, onRetry }) {
  const state = delivery.state ?? delivery.settled ?? "";
  const isDone = state === "delivered" || state === "done";
  const status = delivery.lastStatus ?? delivery.last_status;
  const notes = [
    state && told("delivery_", state),
    status ? `HTTP ${status}` : "",
    delivery.attempts ? t("attempts", { n: delivery.attempts }) : "",
    clock(delivery.due ?? delivery.time ?? null),
    delivery.lastError ?? "",
  ];
  return html`
    <li class="delivery">
      <span class="grow">
        <span class="delivery-url">${delivery.url}</span>
        <span class="soft">
          <a href="#/t/${delivery.taskId}">${delivery.taskId}</a> · ${notes.filter(Boolean).join(" · ")}
        </span>
      </span>
      ${!isDone &&
      html`<button type="button" class="button" onClick=${() => onRetry(delivery.id)}>${t("retry")}</button>`}
    </li>
  `;
}

function InForce({ settings: inForce }) {
  return html`
    <section class="stack" aria-labelledby="settings-title">
      <h2 id="settings-title" class="section-title">${t("settings")}</h2>
      <dl class="facts wide-names">
        ${Object.entries(inForce).map(
          ([name, value]) => html`<dt key=${name}><code>${name}</code></dt><dd>${value || "–"}</dd>`,
        )}
      </dl>
    </section>
  `;
}
