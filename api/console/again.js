/**
 * From a task back to the composer: its prompt, or its picture as something to draw from.
 *
 * Contract: nothing is drawn here. What is taken up stands in the composer, where it can be changed before it is sent.
 */

import { readOne } from "./brought.js";
import { draft, reference, takeUp, turn } from "./draft.js";
import { html, useState } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { Menu } from "./menu.js";
import { NEEDED, ROLES, takes, versionOf } from "./references.js";
import { canTryAgain, isGrid, isOurs, mediaOf, promptOfTask, quarterOf } from "./tasks.js";
import { t } from "./texts.js";
import { titleOf } from "./titles.js";
import { draw, press, say } from "./work.js";
import { fulfilled, keyOf } from "./wishes.js";

/** What can be done with a task again, for its card. @param {{task: object, isStop?: boolean}} props */
export function Again({ task, isStop }) {
  const items = [...promptItems(task), ...pictureItems(task), { name: t("copyLink"), onPick: () => copyLink(task) }];
  return html`<${Menu}
    label=${t("moreOf", { title: titleOf(task) })}
    icon="more"
    class="tile-menu"
    isStop=${isStop}
    items=${items}
  />`;
}

function promptItems(task) {
  if (!promptOfTask(task)) return [];
  const hasFailed = task.status === "FAILURE" || task.status === "CANCEL";
  return [{ name: t(hasFailed ? "editAndTry" : "usePrompt"), onPick: () => usePrompt(task) }];
}

function pictureItems(task) {
  const media = task.status === "SUCCESS" && mediaOf(task);
  if (!media || media.isClip) return [];
  return Object.keys(ROLES).map((role) => ({
    name: t(`use_${role}`),
    note: noteOf(role),
    onPick: () => usePicture(task, role),
  }));
}

/** The version that it will be drawn with, where the one in force does not take it. */
function noteOf(role) {
  const needed = neededFor(role);
  return needed ? t("withVersion", { version: needed.replace("v ", "") }) : "";
}

function neededFor(role) {
  const { text, controls } = draft.get();
  return takes(role, versionOf(text, controls.version)) ? "" : NEEDED[role];
}

/** The same in the viewer, side by side. @param {{task: object, onDone: () => void}} props */
export function AgainBar({ task, onDone }) {
  const [quarter, setQuarter] = useState(0);
  const pictures = pictureItems(task);
  const [prompt] = promptItems(task);
  return html`
    <div class="again" role="group" aria-label=${t("again")}>
      <div class="action-buttons">
        ${canTryAgain(task) &&
        html`<button type="button" class="button primary" onClick=${() => tryAgain(task)}>
          <${Icon} name="again" size=${16} /> ${t("tryAgain")}
        </button>`}
        ${prompt &&
        html`<button
          type="button"
          class="button"
          onClick=${() => {
            usePrompt(task);
            onDone();
          }}
        >
          ${prompt.name}
        </button>`}
        <button type="button" class="button" onClick=${() => copyLink(task)}>
          <${Icon} name="link" size=${16} /> ${t("copyLink")}
        </button>
      </div>
      ${pictures.length > 0 &&
      html`<div class="use-as">
        <span class="label">${t("useAs")}</span>
        ${isGrid(task) && isOurs(mediaOf(task).url) && html`<${Quarters} value=${quarter} onChange=${setQuarter} />`}
        <div class="action-buttons">
          ${Object.keys(ROLES).map(
            (role) => html`<button
              type="button"
              class="button small"
              key=${role}
              aria-label=${t(`use_${role}`)}
              title=${noteOf(role)}
              onClick=${() => {
                usePicture(task, role, quarter);
                onDone();
              }}
            >
              ${t(`role_${role}`)}
            </button>`,
          )}
        </div>
      </div>`}
    </div>
  `;
}

/** Which picture of four; 0: all of them, as one. */
function Quarters({ value, onChange }) {
  return html`
    <div class="segments" role="radiogroup" aria-label=${t("whichPicture")}>
      ${[0, 1, 2, 3, 4].map(
        (each) => html`<label class="segment" key=${each}>
          <input type="radio" name="quarter" checked=${value === each} onChange=${() => onChange(each)} />
          <span>${each || t("allFour")}</span>
        </label>`,
      )}
    </div>
  `;
}

/** @param {object} task */
export function usePrompt(task) {
  takeUp(promptOfTask(task));
  focusWords();
}

/** @param {string} text */
export function useText(text) {
  takeUp(text);
  focusWords();
}

/**
 * A copy of ours is read here, as MidJourney may not reach this service; a link of Discord's is sent as it is.
 * @param {object} task @param {import("./references.js").Role} role @param {number} [quarter]
 */
export async function usePicture(task, role, quarter = 0) {
  const { url } = mediaOf(task);
  const name = [titleOf(task), quarter || ""].filter(Boolean).join(" ");
  const one = isOurs(url)
    ? await readFrom(quarter ? quarterOf(url, quarter) : url, name)
    : reference({ link: url, preview: url, name });
  if (!one) return;
  const needed = neededFor(role);
  if (needed) turn({ version: needed });
  const { most } = ROLES[role];
  const before = draft.get().references;
  const room = before.filter((each) => each.role === role).slice(-(most - 1) || most);
  const kept = before.filter((each) => each.role !== role || (most > 1 && room.includes(each)));
  draft.set({ kind: "imagine", references: [...kept, { ...one, role, name }] });
  say(t(needed ? "takenUpWith" : "takenUp", { role: t(`role_${role}`), version: needed.replace("v ", "") }));
  focusWords();
}

async function readFrom(url, name) {
  try {
    const { pathname, search } = new URL(url); // by this page's own address, whatever name the link goes by
    const response = await fetch(pathname + search, { credentials: "omit" });
    if (!response.ok) throw new Error(String(response.status));
    return { ...(await readOne(await response.blob())), name };
  } catch {
    say(t("pictureGone"), "error");
    return null;
  }
}

/** The same once more, where it was asked for in words alone. @param {object} task */
export async function tryAgain(task) {
  const place = `again ${task.id}`;
  const speed = (task.mode ?? "").toLowerCase();
  const body = { prompt: task.prompt };
  const kind = task.action.toLowerCase();
  if (await draw(kind, body, speed, keyOf(place, [kind, speed, body]), (words) => say(words, "error"))) fulfilled(place);
}

/** @param {object} task */
export function copyLink(task) {
  const link = `${location.origin}/#/t/${task.id}`;
  if (!navigator.clipboard) return say(link); // of a page without https: at least it can be marked
  return navigator.clipboard.writeText(link).then(
    () => say(t("linkCopied")),
    () => say(t("notCopied"), "error"),
  );
}

/** MidJourney's own heart under the result. @param {object} task @param {{customId: string}} heart */
export const star = (task, heart) => press(task, heart);

/** After the window above it was closed, and its words are drawn. */
function focusWords() {
  dispatchEvent(new CustomEvent("compose"));
}
