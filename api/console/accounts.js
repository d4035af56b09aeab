/**
 * The accounts: whether each can draw, and if not, why and what to do.
 *
 * Contract: the reasons are the service's own words. Read when it is opened, when the connection comes back and from time to
 * time. Pausing is offered to whoever has given the operator's secret.
 */

import { html, useEffect } from "./htm_preact.js";
import { pauseAccount, resumeAccount } from "./api.js";
import { Connect } from "./connect.js";
import { NotUnderstood } from "./not_understood.js";
import { secretOf } from "./secrets.js";
import { isRunning, isWaiting } from "./tasks.js";
import { clock, t, told } from "./texts.js";
import { attempt, loadState } from "./work.js";

const SHOWN = new Set(["guildId", "channelId", "connectedSince"]); // of `properties`, under another name already

/** @param {{health: object | null, accounts: object[] | null, tasks: Record<string, object>}} props */
export function Accounts({ health, accounts, tasks }) {
  useEffect(() => {
    loadState();
  }, []);
  if (!accounts) return html`<p class="soft">${t("loading")}</p>`;
  const all = Object.values(tasks);
  return html`
    <section class="page" aria-labelledby="accounts-title">
      <div class="row">
        <h1 id="accounts-title" class="page-title grow">${t("accounts")}</h1>
        <button type="button" class="button" onClick=${loadState}>${t("readAgain")}</button>
      </div>
      ${health && html`<${Health} health=${health} waiting=${all.filter(isWaiting).length} />`}
      <${NotUnderstood} />
      <ul class="cards">
        ${accounts.map((account) => html`<${Account} key=${account.id} account=${account} tasks=${all} />`)}
      </ul>
      ${(accounts.length === 0 || secretOf("admin")) && html`<${Connect} />`}
    </section>
  `;
}

function Health({ health, waiting }) {
  const reasons = health.reasons ?? [];
  if (!reasons.length) {
    return html`<p class="notice good">${t("allWell", { n: health.queue?.waiting ?? waiting })}</p>`;
  }
  return html`
    <div class="notice warn">
      <strong>${t("needsAttention")}</strong>
      <ul>
        ${reasons.map((reason) => html`<li key=${reason}>${reason}</li>`)}
      </ul>
    </div>
  `;
}

function Account({ account, tasks }) {
  const drawing = tasks.filter((task) => isRunning(task) && task.properties.discordInstanceId === account.id);
  const state = account.running ? "accountRuns" : account.enable ? "accountAway" : "accountPaused";
  const facts = {
    drawing: `${drawing.length} / ${account.coreSize}`,
    since: clock(account.connectedSince),
    guild: account.guildId,
    channel: account.channelId,
    user: account.userId,
  };
  const onSwitch = async () => {
    await attempt(() => (account.enable ? pauseAccount(account.id) : resumeAccount(account.id)));
    loadState();
  };
  const more = Object.entries(account.properties).filter(([name]) => !SHOWN.has(name));
  return html`
    <li class="card">
      <p class="card-title">
        <span class="dot ${state}" aria-hidden="true"></span>
        <span class="grow">${account.displays.display}</span>
        <span class="soft">${t(state)}</span>
      </p>
      ${account.disabledReason && html`<p class="error">${account.disabledReason}</p>`}
      <dl class="facts">
        ${Object.entries(facts).map(
          ([name, value]) => value && html`<dt key=${name}>${t(`fact_${name}`)}</dt><dd>${value}</dd>`,
        )}
        ${more.map(
          ([name, value]) =>
            value !== null &&
            value !== "" &&
            html`<dt key=${name}>${told("fact_", name)}</dt><dd>${textOf(value)}</dd>`,
        )}
      </dl>
      ${secretOf("admin") &&
      html`<div class="row">
        <button type="button" class="button" onClick=${onSwitch}>${t(account.enable ? "pause" : "resume")}</button>
      </div>`}
    </li>
  `;
}

const textOf = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
