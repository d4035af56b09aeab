/**
 * One task at large: its picture, its buttons, everything known of it.
 *
 * Contract: what is shown is the task as the stream last told it. Left and right lead to its neighbours, Esc back.
 */

import { html, useEffect, useState } from "./htm_preact.js";
import { Actions } from "./actions.js";
import { AgainBar, star } from "./again.js";
import { seedOf } from "./api.js";
import { Dialog } from "./dialog.js";
import { Bar, Star, stateOf } from "./gallery.js";
import { History } from "./history.js";
import { Icon } from "./icons.js";
import { isTyping } from "./keys.js";
import { Media } from "./picture.js";
import { filesOf, heartOf, isOver, isRating, isUnsettled, mediaOf, newestFirst, wantsInput, wordsOf } from "./tasks.js";
import { clock, duration, t } from "./texts.js";
import { reasonOf, titleOf } from "./titles.js";
import { Unsettled } from "./unsettled.js";
import { Words } from "./words.js";
import { app, attempt, cancel, press, refresh, say } from "./work.js";

/**
 * @param {{id: string, tasks: Record<string, object>, shown: object[], starred: Set<string>,
 *          onGo: (id: string | null) => void}} props
 *   `shown`: the gallery's tasks, in order; `onGo(null)` closes
 */
export function Viewer({ id, tasks, shown, starred, onGo }) {
  const task = tasks[id];
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    setMissing(false);
    if (!task || task.status === "SUCCESS") refresh(id).then((found) => setMissing(!found));
  }, [id]);
  if (!task) {
    if (!isMissing) return null;
    return html`<${Dialog} title=${t("noSuchTask")} class="small" onClose=${() => onGo(null)}>
      <p class="soft">${t("noSuchTaskWhy")}</p>
    <//>`;
  }
  const at = shown.findIndex((each) => each.id === id);
  const neighbour = (step) => (at < 0 ? null : (shown[at + step] ?? null));
  const go = (step) => neighbour(step) && onGo(neighbour(step).id);
  const close = () => onGo(null);
  const onKeyDown = (event) => {
    if (isTyping(event) || event.defaultPrevented) return;
    if (event.key === "ArrowLeft") go(-1);
    else if (event.key === "ArrowRight") go(1);
    else byKey(task, event.key.toLowerCase());
  };
  const title = titleOf(task);
  return html`
    <${Dialog} title=${title} class="viewer" isBare onClose=${close} onKeyDown=${onKeyDown}>
      <div class="viewer-body">
        <div class="viewer-stage" ...${swiped(go)}>
          <${Stage} task=${task} title=${title} onClose=${close} />
          <${Turn} name="left" label=${t("newer")} task=${neighbour(-1)} onTurn=${() => go(-1)} />
          <${Turn} name="right" label=${t("older")} task=${neighbour(1)} onTurn=${() => go(1)} />
        </div>
        <div class="viewer-side" tabindex="-1">
          <${Head} key=${`head${id}`} task=${task} title=${title} isStarred=${starred.has(id)} />
          ${!isOver(task) && html`<${Doing} task=${task} />`}
          ${task.status === "FAILURE" && html`<p class="notice error" role="alert" dir="auto">${reasonOf(task)}</p>`}
          ${isUnsettled(task) && html`<${Unsettled} key=${id} task=${task} />`}
          ${task.properties.notes && html`<p class="notice">${task.properties.notes}</p>`}
          ${isOver(task) && html`<${AgainBar} key=${`again${id}`} task=${task} onDone=${close} />`}
          ${task.buttons.length > 0 && html`<${Actions} key=${id} task=${task} buttons=${ofTheirOwn(task)} />`}
          <${Family} task=${task} tasks=${tasks} />
          <${Files} task=${task} />
          <${History} key=${id} task=${task} />
          <${Facts} key=${`facts${id}`} task=${task} />
        </div>
      </div>
    <//>
  `;
}

const SWIPE = 48; // px

/** A finger's way to the side turns the page; two fingers zoom. @param {(step: number) => void} go */
function swiped(go) {
  let from = null;
  return {
    onTouchStart: ({ touches }) => {
      from = touches.length === 1 ? [touches[0].clientX, touches[0].clientY] : null;
    },
    onTouchEnd: ({ changedTouches, touches }) => {
      if (!from || touches.length) return;
      const [across, down] = [changedTouches[0].clientX - from[0], changedTouches[0].clientY - from[1]];
      from = null;
      if (Math.abs(across) > Math.max(SWIPE, 1.5 * Math.abs(down))) go(across > 0 ? -1 : 1);
    },
  };
}

/** Buttons that stand elsewhere are not shown twice: the heart, and those beside the texts of an answer. */
function ofTheirOwn(task) {
  const beside = wordsOf(task) ? /^MJ::(?:BOOKMARK::|Job::(?:PicReader|PromptAnalyzer)::\d$)/ : /^MJ::BOOKMARK::/;
  return task.buttons.filter(({ customId }) => !beside.test(customId));
}

/** One key, one of MidJourney's buttons, or the file. */
function byKey(task, key) {
  const upscale = task.buttons.find(({ customId }) =>
    new RegExp(`^MJ::JOB::(?:upsample|video_virtual_upscale)::${key}::`).test(customId),
  );
  if (/^[1-4]$/.test(key) && upscale) press(task, upscale);
  if (key === "f" && heartOf(task)) star(task, heartOf(task));
  if (key === "d") document.querySelector(".files a")?.click();
}

function Stage({ task, title, onClose }) {
  const media = mediaOf(task);
  const words = wordsOf(task);
  return html`
    ${media &&
    html`<${Media} key=${task.id} task=${task} media=${media} alt=${t("pictureOf", { title })} hasControls />`}
    ${words && html`<div class="viewer-words"><${Words} task=${task} words=${words} onDone=${onClose} /></div>`}
    ${!media && !words && html`<p class="viewer-empty">${stateOf(task)}</p>`}
  `;
}

function Turn({ name, label, task, onTurn }) {
  if (!task) return null;
  return html`<button type="button" class="icon-button turn ${name}" aria-label=${label} onClick=${onTurn}>
    <${Icon} name=${name} size=${26} />
  </button>`;
}

function Head({ task, title, isStarred }) {
  const [isCopied, setCopied] = useState(false);
  const text = task.action === "BLEND" ? title : task.properties.finalPrompt || title;
  const onCopy = () =>
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => say(t("notCopied"), "error"),
    );
  return html`
    <header class="viewer-head">
      <p class="soft">${[t(`action${task.action}`), stateOf(task), clock(task.submitTime)].join(" · ")}</p>
      ${!wordsOf(task) && html`<p class="viewer-prompt" dir="auto">${text}</p>`}
      <div class="row">
      ${navigator.clipboard &&
      html`<button type="button" class="button quiet small" onClick=${onCopy}>
        <${Icon} name=${isCopied ? "check" : "copy"} size=${15} /> ${t(isCopied ? "copied" : "copyPrompt")}
      </button>`}
      <${Star} task=${task} isStarred=${isStarred} />
      </div>
    </header>
  `;
}

function Doing({ task }) {
  return html`
    <div class="doing">
      <${Bar} task=${task} />
      <span class="row">
        <span class="grow">${stateOf(task)}</span>
        ${wantsInput(task) &&
        html`<button type="button" class="button" onClick=${() => app.set({ asking: task.id })}>${t("goOn")}</button>`}
        <button type="button" class="button" onClick=${() => cancel(task.id)}>${t("cancel")}</button>
      </span>
    </div>
  `;
}

/** What it was made from, and what was made from it. */
function Family({ task, tasks }) {
  const children = newestFirst(tasks).filter((each) => each.parentId === task.id && !isRating(each));
  if (!children.length && !task.parentId) return null;
  const parent = tasks[task.parentId];
  return html`
    <div class="family">
      ${task.parentId &&
      html`<${Thumbs} label=${t("madeFrom")} tasks=${[parent ?? { id: task.parentId, action: "SHOW" }]} />`}
      ${children.length > 0 && html`<${Thumbs} label=${t("madeOfIt")} tasks=${children} />`}
    </div>
  `;
}

function Thumbs({ label, tasks }) {
  return html`
    <div class="thumbs" role="group" aria-label=${label}>
      <span class="label" aria-hidden="true">${label}</span>
      <div class="thumb-list">
        ${tasks.map((task) => html`<${Thumb} key=${task.id} task=${task} />`)}
      </div>
    </div>
  `;
}

function Thumb({ task }) {
  const media = task.status && mediaOf(task);
  const state = task.status ? stateOf(task) : "";
  const name = [t(`action${task.action}`), task.index, state].filter(Boolean).join(" ");
  return html`
    <a class="thumb" href="#/t/${task.id}" aria-label=${name} title=${name} data-task=${task.id}>
      ${media && !media.isClip
        ? html`<${Media} task=${task} media=${media} alt="" isThumb isLazy />`
        : html`<span class="thumb-text">${t(`action${task.action}`)}</span>`}
      ${task.status && !isOver(task) && html`<${Bar} task=${task} />`}
    </a>
  `;
}

function Files({ task }) {
  const files = filesOf(task);
  if (!files.length) return null;
  return html`
    <div class="files">
      ${files.map(
        (url) => html`
          <a class="button" key=${url} href=${url} download target="_blank" rel="noopener noreferrer">
            <${Icon} name="down" size=${16} /> ${t("download")}
            <span class="soft">${extensionOf(url)}</span>
          </a>
        `,
      )}
    </div>
  `;
}

const extensionOf = (url) => /\.(\w{2,5})$/.exec(new URL(url).pathname)?.[1].toUpperCase() ?? "";

function Facts({ task }) {
  const [seed, setSeed] = useState(task.seed);
  const onSeed = async () => {
    const answer = await attempt(() => seedOf(task.id));
    if (answer) setSeed(String(answer.result));
  };
  const canAsk = task.status === "SUCCESS" && task.jobId && !seed;
  const facts = {
    id: task.id,
    job: task.jobId,
    account: task.properties.discordInstanceId,
    mode: task.mode && t(`speed_${task.mode.toLowerCase()}`),
    took: task.finishTime && task.startTime ? duration(task.finishTime - task.startTime) : "",
    message: task.properties.messageId,
    state: task.state,
  };
  return html`
    <details class="folded">
      <summary>${t("details")}</summary>
      <dl class="facts">
        ${Object.entries(facts).map(
          ([name, value]) => value && html`<dt key=${name}>${t(`fact_${name}`)}</dt><dd>${value}</dd>`,
        )}
        ${(seed || canAsk) &&
        html`<dt>${t("seed")}</dt>
          <dd>
            ${seed ||
            html`<button type="button" class="link" onClick=${onSeed}>${t("askSeed")}</button>`}
          </dd>`}
      </dl>
    </details>
  `;
}
