/**
 * The first view: what is asked for on the left, what came of it on the right.
 *
 * Contract: a filter looks through everything that the service has, and stands in the address; what comes in meanwhile is
 * shown at once where it fits. Older tasks are read on demand.
 */

import { html, useEffect, useMemo, useRef, useState } from "./htm_preact.js";
import { Composer } from "./composer.js";
import { Gallery } from "./gallery.js";
import { Icon } from "./icons.js";
import { Queue } from "./queue.js";
import { byAge, fits, isRating, isWaiting, newestFirst, wantsInput } from "./tasks.js";
import { t } from "./texts.js";
import { Viewer } from "./viewer.js";
import { loadOlder, search } from "./work.js";

const STATUSES = ["RUNNING", "SUCCESS", "FAILURE", "CANCEL"];
const ACTIONS = [
  ...["IMAGINE", "UPSCALE", "VARIATION", "REROLL", "ZOOM", "PAN", "INPAINT", "VIDEO", "BLEND", "DESCRIBE"],
  ...["SHORTEN", "OUTPAINT", "SHOW", "ACTION"],
];
const ANYTHING = { text: "", status: "", action: "" };

const PAUSE = 250; // ms of not typing, until it is searched for

/**
 * @param {{state: object, viewed: string | null, query: string, onGo: (id: string | null) => void,
 *          onQuery: (query: string) => void}} props `query`: the filter as it stands in the address
 */
export function PicturesView({ state, viewed, query, onGo, onQuery }) {
  const filter = useMemo(() => filterIn(query), [query]);
  const setFilter = (changed) => onQuery(queryOf(changed));
  const { found, more } = useSearch(query ? filter : null, query);
  const settled = useMemo(
    () => newestFirst(state.tasks).filter((task) => !isWaiting(task) && !wantsInput(task) && !isRating(task)),
    [state.tasks],
  );
  const starred = useMemo(() => starredAmong(state.tasks), [state.tasks]);
  const shown = useMemo(() => {
    if (!query) return settled;
    const ids = new Set(found?.ids);
    const newest = found?.ids[0] ?? "";
    const isNew = (task) => (!newest || byAge({ id: newest }, task) < 0) && fits(filter, task);
    return settled.filter((task) => ids.has(task.id) || isNew(task));
  }, [settled, filter, found]);
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
              ${t("results")} <span class="count">${query && found ? Math.max(found.total, shown.length) : shown.length}</span>
            </h1>
            ${(settled.length > 0 || isFiltered || state.hasOlder) && html`<${Filter} filter=${filter} onChange=${setFilter} />`}
          </div>
          ${shown.length > 0 && html`<${Gallery} tasks=${shown} starred=${starred} />`}
          ${shown.length === 0 &&
          (!query || found) &&
          html`<div class="empty">
            <p>${t(isFiltered ? "nothingFits" : "nothingYet")}</p>
            ${isFiltered &&
            html`<button type="button" class="button" onClick=${() => setFilter(ANYTHING)}>${t("showAll")}</button>`}
          </div>`}
          ${(query ? found && !found.isWhole : state.hasOlder) &&
          html`<div class="older">
            <button type="button" class="button" onClick=${query ? more : loadOlder}>${t("loadOlder")}</button>
          </div>`}
        </section>
      </div>
      ${viewed && html`<${Viewer} id=${viewed} tasks=${state.tasks} shown=${shown} starred=${starred} onGo=${onGo} />`}
    </div>
  `;
}

/** What the service finds, page by page; what was asked for before is not shown when it comes late. */
function useSearch(filter, query) {
  const [found, setFound] = useState(null);
  const asked = useRef("");
  useEffect(() => {
    asked.current = query;
    if (!filter) {
      setFound(null);
      return undefined;
    }
    const clock = setTimeout(async () => {
      const page = await search(filter);
      if (page && asked.current === query) setFound(page);
    }, PAUSE);
    return () => clearTimeout(clock);
  }, [query]);
  const more = async () => {
    const page = await search(filter, found.ids.at(-1));
    if (page && asked.current === query) setFound({ ...page, ids: [...found.ids, ...page.ids] });
  };
  return { found, more };
}

/** @param {string} query as in the address @returns {typeof ANYTHING} */
function filterIn(query) {
  const given = new URLSearchParams(query);
  const known = (name, values) => (values.includes(given.get(name)) ? given.get(name) : "");
  return { text: given.get("q") ?? "", status: known("status", STATUSES), action: known("action", ACTIONS) };
}

function queryOf({ text, status, action }) {
  const given = Object.entries({ q: text, status, action }).filter(([, value]) => value);
  return String(new URLSearchParams(given));
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
