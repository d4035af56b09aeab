/**
 * The results, newest first, in rows of equal height.
 *
 * Law: pictures first; a tile says in one line what it is and leads to everything else. The gallery is one stop for
 * Tab: arrows, Home and End move inside.
 */

import { Component, html, useEffect, useRef, useState } from "./htm_preact.js";
import { Media } from "./picture.js";
import { expectedRatio, isOver, mediaOf, percentOf, titleOf, wordsOf } from "./tasks.js";
import { clock, t, useLanguage } from "./texts.js";

const ratios = new Map(); // id -> width by height, once the picture was seen

/** @param {{tasks: object[]}} props */
export function Gallery({ tasks }) {
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
    <ul ref=${list} class="gallery" aria-label=${t("gallery")} onKeyDown=${onKeyDown}>
      ${tasks.map(
        (task) => html`
          <${Unchanged}
            key=${task.id}
            task=${task}
            isStop=${task.id === stop}
            language=${language}
            onFocus=${setCurrent}
          />
        `,
      )}
      <li class="gallery-rest" role="presentation"></li>
    </ul>
  `;
}

/** A tile is drawn again only when something of it has changed: there may be hundreds, and many events a second. */
class Unchanged extends Component {
  shouldComponentUpdate(next) {
    return Object.keys(next).some((name) => next[name] !== this.props[name]);
  }

  render(props) {
    return html`<${Tile} ...${props} />`;
  }
}

function Tile({ task, isStop, onFocus }) {
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
  const label = [title, t(`action${task.action}`), stateOf(task)].filter(Boolean).join(" – ");
  return html`
    <li ref=${element} class="tile-place">
      <a
        class="tile ${task.status.toLowerCase()}"
        href="#/t/${task.id}"
        tabindex=${isStop ? 0 : -1}
        aria-label=${label}
        data-task=${task.id}
        onFocus=${() => onFocus(task.id)}
      >
        <span class="tile-picture"><${Content} task=${task} title=${title} onRatio=${onRatio} /></span>
        ${!isOver(task) && html`<${Bar} task=${task} />`}
        <span class="tile-line">
          <span class="tile-title">${title || t(`action${task.action}`)}</span>
          <span class="tile-note">${noteOf(task)}</span>
        </span>
      </a>
    </li>
  `;
}

function Content({ task, title, onRatio }) {
  const media = mediaOf(task);
  const words = wordsOf(task);
  if (words && task.action !== "DESCRIBE") return html`<span class="tile-words">${words}</span>`;
  if (media) return html`<${Media} task=${task} media=${media} alt=${title} isLazy onRatio=${onRatio} />`;
  if (task.status === "FAILURE") return html`<span class="tile-words error">${task.failReason}</span>`;
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
  const ends = { Home: 0, End: tiles.length - 1 };
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  if (key in ends) return tiles[ends[key]];
  if (index < 0) return null;
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
