/**
 * The results, newest first, day by day, in rows of equal height; what came to nothing stands below its day's pictures.
 *
 * Contract: pictures first; a tile says in one line what it is and leads to everything else. The gallery is one stop for
 * Tab, and its tile's menu another: arrows, Home and End move inside.
 */

import { Again, star, tryAgain } from "./again.js";
import { Component, html, useEffect, useRef, useState } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { Media } from "./picture.js";
import { canTryAgain, expectedRatio, heartOf, isOver, mediaOf, percentOf, wordsOf } from "./tasks.js";
import { clock, day, dayName, t, useLanguage } from "./texts.js";
import { reasonOf, titleOf } from "./titles.js";

const ratios = new Map(); // id -> width by height, once the picture was seen

/** @param {{tasks: object[], starred: Set<string>}} props `starred`: ids of those that MidJourney's heart was given */
export function Gallery({ tasks, starred }) {
  const [current, setCurrent] = useState("");
  const language = useLanguage();
  const list = useRef(null);
  const stop = tasks.some((task) => task.id === current) ? current : tasks[0]?.id;
  const onKeyDown = (event) => {
    const tiles = [...list.current.querySelectorAll(".tile")];
    const next = moved(tiles, tiles.indexOf(document.activeElement), event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return html`
    <div ref=${list} onKeyDown=${onKeyDown}>
      ${daysOf(tasks).map(
        ([date, ofDay]) => html`
          <section class="day" key=${date}>
            <h2 class="day-title">${dayName(ofDay[0].submitTime)}</h2>
            <ul class="gallery" aria-label=${t("gallery")}>
              ${ofDay.map(
                (task) => html`
                  <${Unchanged}
                    key=${task.id}
                    task=${task}
                    isStop=${task.id === stop}
                    isStarred=${starred.has(task.id)}
                    language=${language}
                    onFocus=${setCurrent}
                  />
                `,
              )}
            </ul>
          </section>
        `,
      )}
    </div>
  `;
}

const hasFailed = (task) => task.status === "FAILURE" || task.status === "CANCEL";

/** @returns {[string, object[]][]} each day's tasks, the failed ones last */
function daysOf(tasks) {
  const days = new Map();
  for (const task of tasks) {
    const date = day(task.submitTime);
    if (!days.has(date)) days.set(date, { drawn: [], failed: [] });
    days.get(date)[hasFailed(task) ? "failed" : "drawn"].push(task);
  }
  return [...days].map(([date, { drawn, failed }]) => [date, [...drawn, ...failed]]);
}

/** A tile is drawn again only when something of it has changed: there may be hundreds, and many events a second. */
class Unchanged extends Component {
  shouldComponentUpdate(next) {
    return Object.keys(next).some((name) => next[name] !== this.props[name]);
  }

  render(props) {
    return hasFailed(props.task) ? html`<${Failed} ...${props} />` : html`<${Tile} ...${props} />`;
  }
}

/** What came to nothing: a line with its reason, and the way to try again. */
function Failed({ task, isStop, onFocus }) {
  return html`
    <li class="tile-place is-row">
      <${Link} class="tile tile-row" task=${task} isStop=${isStop} onFocus=${onFocus}>
        <span class="tile-title" dir="auto">${titleOf(task)}</span>
        <span class="tile-reason">
          <strong>${stateOf(task)}</strong>${task.failReason && html` <span dir="auto">${reasonOf(task)}</span>`}
        </span>
      <//>
      ${canTryAgain(task) &&
      html`<button
        type="button"
        class="button small"
        tabindex=${isStop ? 0 : -1}
        aria-label=${t("tryAgainOf", { title: titleOf(task) })}
        onClick=${() => tryAgain(task)}
      >
        ${t("tryAgain")}
      </button>`}
      <${Again} task=${task} isStop=${isStop} />
    </li>
  `;
}

function Tile({ task, isStop, isStarred, onFocus }) {
  const [seen, setSeen] = useState(ratios.get(task.id));
  const ratio = Math.min(4, Math.max(0.25, seen ?? expectedRatio(task)));
  const element = useRef(null);
  useEffect(() => {
    element.current.style.setProperty("--ratio", ratio.toFixed(3));
  }, [ratio]);
  const onRatio = (now) => {
    ratios.set(task.id, now);
    setSeen(now);
  };
  const title = titleOf(task);
  return html`
    <li ref=${element} class="tile-place">
      <${Link} class="tile ${task.status.toLowerCase()}" task=${task} isStop=${isStop} onFocus=${onFocus}>
        <span class="tile-picture"><${Content} task=${task} title=${title} onRatio=${onRatio} /></span>
        ${!isOver(task) && html`<${Bar} task=${task} />`}
        <span class="tile-line">
          <span class="tile-title" dir="auto">${title}</span>
          <span class="tile-note">${noteOf(task)}</span>
        </span>
      <//>
      <${Star} task=${task} isStarred=${isStarred} isStop=${isStop} />
      <${Again} task=${task} isStop=${isStop} />
    </li>
  `;
}

function Link({ class: name, task, isStop, onFocus, children }) {
  const action = t(`action${task.action}`);
  const label = [...new Set([titleOf(task), action, stateOf(task)])].join(" – ");
  return html`<a
    class=${name}
    href=${addressOf(task.id)}
    tabindex=${isStop ? 0 : -1}
    aria-label=${label}
    data-task=${task.id}
    onFocus=${() => onFocus(task.id)}
  >
    ${children}
  </a>`;
}

/** Where it is opened; what the gallery is filtered by stays in the address. @param {string} id */
const addressOf = (id) => `#/t/${id}${/\?.*$/.exec(location.hash)?.[0] ?? ""}`;

/** MidJourney's heart, given from here. @param {{task: object, isStarred: boolean, isStop?: boolean}} props */
export function Star({ task, isStarred, isStop = true }) {
  const heart = heartOf(task);
  if (!heart && !isStarred) return null;
  const label = t(isStarred ? "starred" : "favourite");
  return html`<button
    type="button"
    class="icon-button star ${isStarred ? "is-starred" : ""}"
    tabindex=${isStop ? 0 : -1}
    aria-label=${label}
    title=${label}
    aria-pressed=${isStarred ? "true" : "false"}
    disabled=${!heart}
    onClick=${() => star(task, heart)}
  >
    <${Icon} name="star" />
  </button>`;
}

function Content({ task, title, onRatio }) {
  const media = mediaOf(task);
  const words = wordsOf(task);
  if (words && task.action !== "DESCRIBE") return html`<span class="tile-words" dir="auto">${title}</span>`;
  if (media) return html`<${Media} task=${task} media=${media} alt="" isSmall isLazy onRatio=${onRatio} />`;
  return html`<span class="tile-words is-state">${stateOf(task)}</span>`;
}

/** How far a drawing is. @param {{task: object}} props */
export function Bar({ task }) {
  const percent = percentOf(task);
  return html`<progress class="bar" max="100" value=${percent ?? undefined} aria-label=${t("progress")}>
    ${percent ?? ""}
  </progress>`;
}

/** The state in words. @param {object} task */
export function stateOf(task) {
  const percent = percentOf(task);
  if (task.status === "IN_PROGRESS" && percent !== null) return t("percent", { n: percent });
  return t(`status${task.status}`);
}

function noteOf(task) {
  if (task.status === "SUCCESS") return html`${t(`action${task.action}`)} · ${clock(task.finishTime)}`;
  return stateOf(task);
}

/** The tile to go to: up and down by what is seen, as rows are of unequal length. */
function moved(tiles, index, key) {
  if (index < 0) return null;
  const ends = { Home: 0, End: tiles.length - 1 };
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  if (key in ends) return tiles[ends[key]];
  if (key in steps) return tiles[index + steps[key]] ?? null;
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const here = tiles[index].getBoundingClientRect();
  const middle = here.left + here.width / 2;
  const isNext = (box) => (key === "ArrowDown" ? box.top >= here.bottom : box.bottom <= here.top);
  const distance = (box) => Math.abs(box.top - here.top) * 10 + Math.abs(box.left + box.width / 2 - middle);
  let best = null;
  for (const tile of tiles) {
    const box = tile.getBoundingClientRect();
    if (isNext(box) && (!best || distance(box) < best.distance)) best = { tile, distance: distance(box) };
  }
  return best?.tile ?? null;
}
