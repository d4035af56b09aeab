/**
 * What only the operator sees: the overview, call-backs and what became of them, learned facts, and the settings.
 *
 * Contract: the service decides who is the operator; the page asks, and asks for the operator's secret when told to.
 */

import { html, useEffect, useState } from "./htm_preact.js";
import { Refusal, deliveries, facts, retryDelivery, settings, testAlert } from "./api.js";
import { Overview } from "./overview.js";
import { forgetSecret, keepSecret, secretOf } from "./secrets.js";
import { SecretForm } from "./sign_in.js";
import { clock, t, told } from "./texts.js";
import { attempt, say, wordsOf } from "./work.js";

export function Operator() {
  const [inForce, setInForce] = useState(null);
  const [refusal, setRefusal] = useState(null);
  const load = async () => {
    try {
      setInForce((await settings()).settings);
      setRefusal(null);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 0;
      const wasWrong = status === 401 && secretOf("admin") !== "";
      if (status === 401) forgetSecret("admin");
      const words = wasWrong ? t("wrongSecret") : status === 401 ? "" : wordsOf(error);
      setRefusal({ wantsSecret: status === 401 || status === 403, words });
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
      ${refusal?.wantsSecret &&
      html`<div class="card narrow">
        <p class="soft">${t("adminWhy")}</p>
        <${SecretForm} label=${t("adminSecret")} refusal=${refusal.words} onSecret=${onSecret} />
      </div>`}
      ${refusal && !refusal.wantsSecret && html`<p class="notice warn" role="alert">${refusal.words}</p>`}
      ${inForce &&
      !refusal &&
      html`
        <${Overview} />
        <${Alerts} isSet=${inForce.ALERT_HOOK === "set"} />
        <${Deliveries} />
        <${Facts} />
        <${InForce} values=${inForce} />
      `}
    </section>
  `;
}

function Alerts({ isSet }) {
  const [outcome, setOutcome] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const onTest = async () => {
    setBusy(true);
    const found = await attempt(testAlert);
    setBusy(false);
    if (found) setOutcome(found);
  };
  const words = outcome && (outcome.delivered ? t("alertDelivered", outcome) : t("alertFailed", outcome));
  return html`
    <section class="stack" aria-labelledby="alerts-title">
      <div class="row">
        <h2 id="alerts-title" class="section-title grow">${t("alerts")}</h2>
        ${isSet && html`<button type="button" class="button" disabled=${isBusy} onClick=${onTest}>${t("sendTest")}</button>`}
      </div>
      ${!isSet && html`<p class="soft">${t("noAlerts")}</p>`}
      <p class=${outcome && !outcome.delivered ? "error" : "soft"} role="status">${words}</p>
    </section>
  `;
}

function Deliveries() {
  const [all, setAll] = useState(null);
  const [refusal, setRefusal] = useState("");
  const load = async () => {
    setRefusal("");
    const found = await attempt(() => deliveries(), setRefusal);
    if (found) setAll(found);
  };
  useEffect(() => {
    load();
  }, []);
  const onRetry = async (id) => {
    if (!(await attempt(() => retryDelivery(id)))) return;
    say(t("deliveryTaken"));
    load();
  };
  return html`
    <section class="stack" aria-labelledby="deliveries-title">
      <div class="row">
        <h2 id="deliveries-title" class="section-title grow">${t("deliveries")}</h2>
        <button type="button" class="button" onClick=${load}>${t("readAgain")}</button>
      </div>
      ${refusal && html`<p class="error" role="alert">${refusal}</p>`}
      ${all?.length === 0 && html`<p class="soft">${t("noDeliveries")}</p>`}
      ${all?.length > 0 &&
      html`<ul class="rows">
        ${all.map((each) => html`<${Delivery} key=${each.id} delivery=${each} onRetry=${onRetry} />`)}
      </ul>`}
    </section>
  `;
}

function Delivery({ delivery, onRetry }) {
  const notes = [
    told("delivery_", delivery.status),
    t("attempts", { n: delivery.attempts }),
    delivery.lastStatus ? `HTTP ${delivery.lastStatus}` : "",
    delivery.lastError,
    clock(delivery.settled ?? delivery.due ?? delivery.created),
  ];
  return html`
    <li class="delivery">
      <span class="grow">
        <span class="delivery-receiver">${delivery.receiver}</span>
        <span class="soft">
          <a href="#/t/${delivery.taskId}">${delivery.taskId}</a> · ${notes.filter(Boolean).join(" · ")}
        </span>
      </span>
      ${delivery.status !== "done" &&
      html`<button type="button" class="button" onClick=${() => onRetry(delivery.id)}>${t("retry")}</button>`}
    </li>
  `;
}

/** What the service has learned about MidJourney. */
function Facts() {
  const [all, setAll] = useState(null);
  useEffect(() => {
    attempt(() => facts()).then((found) => found && setAll(found.facts));
  }, []);
  return html`
    <section class="stack" aria-labelledby="facts-title">
      <h2 id="facts-title" class="section-title">${t("facts")}</h2>
      ${all?.length === 0 && html`<p class="soft">${t("noFacts")}</p>`}
      <ul class="rows">
        ${(all ?? []).map((each) => html`<${Fact} key=${`${each.bot} ${each.kind} ${each.subject}`} fact=${each} />`)}
      </ul>
    </section>
  `;
}

function Fact({ fact }) {
  const notes = [told("factKind_", fact.kind), fact.bot === "NIJI_JOURNEY" ? "niji" : "", clock(fact.learned)];
  return html`
    <li class="delivery">
      <span class="grow">
        <span class="delivery-receiver">${fact.subject}: ${fact.value}</span>
        <span class="soft">${notes.filter(Boolean).join(" · ")}</span>
      </span>
    </li>
  `;
}

function InForce({ values }) {
  return html`
    <section class="stack" aria-labelledby="settings-title">
      <h2 id="settings-title" class="section-title">${t("settings")}</h2>
      <dl class="facts wide-names">
        ${Object.entries(values).map(
          ([name, value]) => html`<dt key=${name}><code>${name}</code></dt><dd>${value || "–"}</dd>`,
        )}
      </dl>
    </section>
  `;
}
