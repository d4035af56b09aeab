/**
 * The first view: what is asked for on the left, what came of it on the right.
 *
 * Law: search and filter look through what was read; older tasks are read on demand, and the page says so.
 */

import { html, useEffect, useMemo, useState } from "./htm_preact.js";
import { Composer } from "./composer.js";
import { Gallery } from "./gallery.js";
import { Icon } from "./icons.js";
import { Queue } from "./queue.js";
import { fits, isRating, isWaiting, newestFirst, wantsInput } from "./tasks.js";
import { t } from "./texts.js";
import { Viewer } from "./viewer.js";
import { loadOlder } from "./work.js";

const STATUSES = ["RUNNING", "SUCCESS", "FAILURE", "CANCEL"];
const ACTIONS = [
  ...["IMAGINE", "UPSCALE", "VARIATION", "REROLL", "ZOOM", "PAN", "INPAINT", "VIDEO", "BLEND", "DESCRIBE"],
  ...["SHORTEN", "OUTPAINT", "SHOW", "ACTION"],
];
const ANYTHING = { text: "", status: "", action: "" };

/** @param {{state: object, viewed: string | null, onGo: (id: string | null) => void}} props */
export function PicturesView({ state, viewed, onGo }) {
  const [filter, setFilter] = useState(ANYTHING);
  const settled = useMemo(
    () => newestFirst(state.tasks).filter((task) => !isWaiting(task) && !wantsInput(task) && !isRating(task)),
    [state.tasks],
  );
  const starred = useMemo(() => starredAmong(state.tasks), [state.tasks]);
  const shown = useMemo(() => settled.filter((task) => fits(filter, task)), [settled, filter]);
  const [drawn, setDrawn] = useState(null);
  useEffect(() => {
    if (!drawn) return;
    if (!reveal(drawn)) setFilter(ANYTHING); // it may be hidden by the filter
    else setDrawn(null);
  }, [drawn, filter]);
  const isFiltered = filter.text || filter.status || filter.action;
  return html`
    <div class="studio">
      <${Composer} onDrawn=${setDrawn} />
      <div class="results" tabindex="-1">
        <${Queue} tasks=${state.tasks} />
        <section aria-labelledby="gallery-title">
          <div class="results-head">
            <h1 id="gallery-title" class="section-title">
              ${t("results")} <span class="count">${shown.length}</span>
            </h1>
            ${(settled.length > 0 || isFiltered) && html`<${Filter} filter=${filter} onChange=${setFilter} />`}
          </div>
          ${shown.length > 0 && html`<${Gallery} tasks=${shown} starred=${starred} />`}
          ${shown.length === 0 &&
          html`<div class="empty">
            <p>${t(isFiltered ? "nothingFits" : "nothingYet")}</p>
            ${isFiltered &&
            html`<button type="button" class="button" onClick=${() => setFilter(ANYTHING)}>${t("showAll")}</button>`}
          </div>`}
          ${state.hasOlder &&
          html`<div class="older">
            <button type="button" class="button" onClick=${loadOlder}>${t("loadOlder")}</button>
            ${isFiltered && html`<p class="hint">${t("searchedAmong", { n: settled.length })}</p>`}
          </div>`}
        </section>
      </div>
      ${viewed && html`<${Viewer} id=${viewed} tasks=${state.tasks} shown=${shown} starred=${starred} onGo=${onGo} />`}
    </div>
  `;
}

/** Ids of what MidJourney's heart was given, as far as it is known here. */
function starredAmong(tasks) {
  const ratings = Object.values(tasks).filter((task) => task.status === "SUCCESS" && isRating(task));
  return new Set(ratings.map((task) => task.parentId));
}

/** Bring what was just asked for into view, and mark it. @returns {boolean} is it shown at all? */
function reveal(id) {
  const found = document.querySelector(`.results [data-task="${id}"]`);
  if (!found) return false;
  const place = found.closest("li");
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  place.scrollIntoView({ block: "nearest", behavior: isCalm ? "auto" : "smooth" });
  place.dataset.isNew = "";
  return true;
}

function Filter({ filter, onChange }) {
  const set = (name) => (event) => onChange({ ...filter, [name]: event.target.value });
  return html`
    <form class="filter" role="search" aria-label=${t("search")} onSubmit=${(event) => event.preventDefault()}>
      <label class="search">
        <${Icon} name="search" size=${16} />
        <input
          type="search"
          aria-label=${t("searchText")}
          placeholder=${t("searchText")}
          value=${filter.text}
          onInput=${set("text")}
        />
      </label>
      <select aria-label=${t("status")} value=${filter.status} onChange=${set("status")}>
        <option value="">${t("anyStatus")}</option>
        ${STATUSES.map((name) => html`<option key=${name} value=${name}>${t(`status${name}`)}</option>`)}
      </select>
      <select aria-label=${t("action")} value=${filter.action} onChange=${set("action")}>
        <option value="">${t("anyAction")}</option>
        ${ACTIONS.map((name) => html`<option key=${name} value=${name}>${t(`action${name}`)}</option>`)}
      </select>
    </form>
  `;
}
