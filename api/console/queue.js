/**
 * What waits: for a free account, with its place, or for the user's second input.
 *
 * Contract: what is being drawn is in the gallery, where its picture grows; here stands only what has none yet. Thousands may
 * wait: the next ones are shown, the others on demand.
 */

import { html, useState } from "./htm_preact.js";
import { byAge, isWaiting, places, wantsInput } from "./tasks.js";
import { t } from "./texts.js";
import { titleOf } from "./titles.js";
import { app, cancel } from "./work.js";

const FEW = 50;

/** @param {{tasks: Record<string, object>}} props */
export function Queue({ tasks }) {
  const [showsAll, setShowsAll] = useState(false);
  const place = places(tasks);
  const shown = Object.values(tasks)
    .filter((task) => isWaiting(task) || wantsInput(task))
    .sort(byAge);
  if (!shown.length) return null;
  const rows = showsAll ? shown : shown.slice(0, FEW);
  return html`
    <section class="queue" aria-labelledby="queue-title">
      <h2 id="queue-title" class="section-title">${t("queue")} <span class="count">${shown.length}</span></h2>
      <ol class="queue-list">
        ${rows.map((task) => html`<${Row} key=${task.id} task=${task} place=${place.get(task.id)} />`)}
      </ol>
      ${rows.length < shown.length &&
      html`<div class="older">
        <button type="button" class="button" onClick=${() => setShowsAll(true)}>${t("showAll")}</button>
      </div>`}
    </section>
  `;
}

function Row({ task, place }) {
  const title = titleOf(task);
  return html`
    <li class="queue-row" data-task=${task.id}>
      <span class="queue-place" aria-hidden="true">${place ?? "…"}</span>
      <span class="queue-text">
        <a class="queue-title" dir="auto" href="#/t/${task.id}">${title}</a>
        <span class="soft">${place ? t("place", { n: place }) : t("statusMODAL")} · ${t(`action${task.action}`)}</span>
      </span>
      ${wantsInput(task) &&
      html`<button type="button" class="button" onClick=${() => app.set({ asking: task.id })}>${t("goOn")}</button>`}
      <button
        type="button"
        class="button quiet"
        aria-label=${t("cancelOf", { title })}
        onClick=${() => cancel(task.id)}
      >
        ${t("cancel")}
      </button>
    </li>
  `;
}
