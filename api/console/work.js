/**
 * What the page knows, and everything it does with the service.
 *
 * Contract: views read `app` and call the functions below; they ask the service for nothing that others show too. The stream
 * tells what changed; lists are read at the start and when the stream says that it has lost the thread.
 */

import * as api from "./api.js";
import { clearDraft } from "./draft.js";
import { forgetSecret, keepSecret, secretOf } from "./secrets.js";
import { createStore } from "./store.js";
import { openStream } from "./stream.js";
import { dialogOf, isOver } from "./tasks.js";
import { t } from "./texts.js";
import { reasonOf, titleOf } from "./titles.js";
import { fulfilled, keyOf } from "./wishes.js";

const PAGE = 100; // tasks of a list read at once
const FOUND = 60; // tasks of a search read at once
const AGAIN = 5000; // ms until a list that could not be read is asked for again
const LOOK = 30_000; // ms between two looks at health and accounts, of which no stream tells
const SHOWN = 6000; // ms of a note
const TITLE = 60; // characters of a prompt in a message

/**
 * `stage`: "starting", "open", "closed" (a secret is needed) or "forbidden" (this page may not ask at all).
 * `asking`: the task whose second input is being asked for.
 */
export const app = createStore({
  stage: "starting",
  refusal: "",
  connection: { state: "connecting" },
  tasks: {},
  oldest: "", // of those that lists have brought: others may have come by themselves
  hasOlder: false,
  health: null,
  accounts: null,
  asking: null,
  message: null,
});

const ours = new Set(); // ids of what was asked for or cancelled in this page: whose end is told
const told = new Map(); // id -> how often the stream has spoken of the task
const opened = new Map(); // a task and its button -> the task that waits for the second input
let stream = null;
let held = null; // events that came while a list is read; null: none is
let again = 0; // the clock until a list is asked for again
let messages = 0;

// ---------------------------------------------------------------- connection

export function start() {
  stream?.close();
  clearTimeout(again);
  held = null;
  app.set({ stage: app.get().stage === "open" ? "open" : "starting", refusal: "" });
  let isFirst = true;
  stream = openStream(api.EVENTS, {
    headers: () => api.headersOf(),
    onEvent: hear,
    onConnection(connection) {
      app.set({ connection });
      const isLive = connection.state === "live";
      if (connection.state === "refused" || (isLive && isFirst)) {
        isFirst = false;
        load(); // which says why, if it is refused too
      } else if (isLive) loadState();
    },
  });
}

export const reconnect = () => stream?.retry();

/** Look at what no stream tells of from time to time, as long as somebody sees it. */
export function watchState() {
  const look = () => {
    const { stage, connection } = app.get();
    if (stage === "open" && connection.state === "live" && !document.hidden) loadState();
  };
  setInterval(look, LOOK);
  document.addEventListener("visibilitychange", look);
}

export function signIn(secret, stays) {
  keepSecret("api", secret, stays);
  app.set({ stage: "starting" });
  start();
}

export function signOut() {
  stream?.close();
  forgetSecret("api");
  forgetSecret("admin");
  clearDraft();
  app.set({ stage: "starting", tasks: {}, health: null, accounts: null, asking: null, refusal: "" });
  start();
}

/** Read everything that the stream only tells changes of. What comes after signing out is nobody's any more. */
async function load() {
  clearTimeout(again);
  const asker = stream;
  held = [];
  try {
    const [latest, waiting] = await Promise.all([api.list({ limit: PAGE }), api.queue()]);
    if (stream !== asker) return;
    const tasks = Object.fromEntries([...latest, ...waiting].map((task) => [task.id, task]));
    app.set({ stage: "open", refusal: "", tasks, ...endOf(latest) });
    loadState();
  } catch (refusal) {
    if (stream !== asker) return;
    refuse(refusal);
    if (!["closed", "forbidden"].includes(app.get().stage)) again = setTimeout(load, AGAIN);
  }
  const missed = held ?? [];
  held = null;
  missed.forEach(hear);
}

const endOf = (list) => ({ oldest: list.at(-1)?.id ?? "", hasOlder: list.length === PAGE });

/** The service's health and its accounts. */
export async function loadState() {
  const asker = stream;
  try {
    const [health, accounts] = await Promise.all([api.health(), api.accounts()]);
    if (stream === asker) app.set({ health, accounts });
  } catch (refusal) {
    if (stream === asker) refuse(refusal);
  }
}

export async function loadOlder() {
  const older = await attempt(() => api.list({ limit: PAGE, before: app.get().oldest }));
  if (!older) return;
  const found = Object.fromEntries(older.map((task) => [task.id, task]));
  app.set({ tasks: { ...found, ...app.get().tasks }, ...endOf(older) });
}

/** Pages of a search on the server. @returns {Promise<{total: number, ids: string[], isWhole: boolean} | null>} */
export async function search(filter, before = "") {
  const asker = stream;
  const status = filter.status === "RUNNING" ? "SUBMITTED,IN_PROGRESS" : filter.status;
  const found = await attempt(() => api.search({ ...filter, status, limit: FOUND, before }));
  if (!found || stream !== asker) return null;
  const known = Object.fromEntries(found.tasks.map((task) => [task.id, task]));
  app.set({ tasks: { ...known, ...app.get().tasks } }); // what the stream has told is newer
  return { total: found.total, ids: found.tasks.map((task) => task.id), isWhole: found.tasks.length < FOUND };
}

function hear(heard) {
  if (held) {
    held.push(heard);
    return;
  }
  if (heard.event === "reset") {
    load();
    return;
  }
  if (heard.event !== "task") return;
  const { task } = JSON.parse(heard.data);
  told.set(task.id, (told.get(task.id) ?? 0) + 1);
  keep(task);
}

function refuse(refusal) {
  if (!(refusal instanceof api.Refusal)) throw refusal;
  if (refusal.status === 401) {
    const words = secretOf("api") ? t("wrongSecret") : "";
    forgetSecret("api");
    stream?.close();
    app.set({ stage: "closed", refusal: words });
  } else if (refusal.status === 403 && app.get().stage !== "open") {
    stream?.close();
    app.set({ stage: "forbidden", refusal: refusal.message });
  } else {
    say(wordsOf(refusal), "error");
  }
}

// ---------------------------------------------------------------- tasks

function keep(task) {
  const before = app.get().tasks[task.id];
  app.set({ tasks: { ...app.get().tasks, [task.id]: task } });
  if (ours.has(task.id) && isOver(task) && !(before && isOver(before))) tellEnd(task);
}

/** Who also wants to hear of ends: the browser's notifications. */
export const ends = new Set();

function tellEnd(task) {
  ends.forEach((hear) => hear(task));
  const title = titleOf(task).slice(0, TITLE);
  if (task.status === "SUCCESS") say(t("ended", { title }));
  else if (task.status === "FAILURE") say(t("failed", { title, reason: reasonOf(task) }), "error");
  else say(t("cancelled", { title }));
}

/** A task as it is now, with links that work. @param {string} id */
export async function refresh(id) {
  const before = told.get(id);
  const task = await attempt(() => api.fetchTask(id));
  if (task && told.get(id) === before) keep(task); // else the stream has told something newer meanwhile
  return task ?? null;
}

const uploaded = new Map(); // a picture's data -> its link: what is sent again after a lost answer is the same

/**
 * References of which each has what the prompt has to say. Pictures stay files: they are sent beside it.
 * @param {import("./references.js").Reference[]} references
 * @returns {Promise<import("./references.js").Reference[] | null>} null: refused
 */
export async function linked(references, onRefused) {
  const without = references.filter((each) => each.role !== "picture" && !each.link && !uploaded.has(each.data));
  if (without.length) {
    const answer = await attempt(() => api.upload(without.map((each) => each.data)), onRefused);
    if (!answer) return null;
    without.forEach((each, index) => uploaded.set(each.data, answer.result[index]));
  }
  return references.map((each) =>
    each.role === "picture" || each.link ? each : { ...each, link: uploaded.get(each.data) },
  );
}

/** @returns {Promise<string | null>} the new task's id; null when it was refused, which `onRefused` is told */
export async function draw(kind, body, speed, key, onRefused) {
  const answer = await attempt(() => api.draw(kind, body, speed, key), onRefused);
  return answer ? taken(answer) : null;
}

/** A button whose second input is still awaited leads back to it: pressed again it is the same wish. */
export async function press(task, button) {
  const place = `${task.id} ${button.customId}`;
  const waiting = dialogOf(task, button.customId, app.get().tasks, opened.get(place));
  if (waiting) {
    app.set({ asking: waiting.id });
    return waiting.id;
  }
  const answer = await attempt(() => api.press(task.id, button.customId, keyOf(place, button.customId)));
  if (!answer) return null;
  fulfilled(place);
  if (answer.code === api.MORE_NEEDED) opened.set(place, answer.result);
  return taken(answer);
}

export async function answerDialog(body, onRefused) {
  const answer = await attempt(() => api.answerDialog(body), onRefused);
  if (!answer) return null;
  app.set({ asking: null });
  return taken(answer);
}

export async function cancel(id) {
  if (app.get().asking === id) app.set({ asking: null });
  ours.add(id);
  if (await attempt(() => api.cancel(id))) await refresh(id);
}

async function taken(answer) {
  ours.add(answer.result);
  const ahead = answer.properties?.numberOfQueues;
  const needsMore = answer.code === api.MORE_NEEDED;
  if (!needsMore) say(ahead ? t("takenBehind", { n: ahead }) : t("taken"));
  await refresh(answer.result);
  if (needsMore) app.set({ asking: answer.result });
  return answer.result;
}

// ---------------------------------------------------------------- words

/** The answer, or null when it was refused; the reason is shown as a message unless `onRefused` shows it. */
export async function attempt(ask, onRefused = (words) => say(words, "error")) {
  try {
    return await ask();
  } catch (refusal) {
    if (refusal.status === 401 && refusal.as === "api") refuse(refusal);
    else onRefused(wordsOf(refusal));
    return null;
  }
}

/** @param {unknown} error */
export function wordsOf(error) {
  if (!(error instanceof api.Refusal)) throw error;
  return error.status === 0 ? t("notReached") : error.message;
}

/** Show and speak a message. A note goes by itself. @param {string} text @param {"note" | "error"} [kind] */
export function say(text, kind = "note") {
  messages += 1;
  const message = { text, kind, number: messages };
  app.set({ message });
  if (kind === "note") setTimeout(() => app.get().message === message && app.set({ message: null }), SHOWN);
}
