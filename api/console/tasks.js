/**
 * What can be said of a task's document. Pure.
 *
 * Contract: nothing here asks, shows or remembers. A task is the document of `/mj`, as it came.
 */

import { ratioOf } from "./prompt.js";

const NAME_LENGTH = 8; // characters; a shorter word is not looked for in ids
const OVER = new Set(["SUCCESS", "FAILURE", "CANCEL"]);
const IN_WORDS = new Set(["DESCRIBE", "SHORTEN"]);
const FINAL_TEXT = new Set(["DESCRIBE", "SHORTEN", "ACTION"]);
const CLIP = /\.(mp4|webm|mov)$/i;

export const isOver = (task) => OVER.has(task.status);
export const isWaiting = (task) => task.status === "NOT_START";
export const wantsInput = (task) => task.status === "MODAL";
export const isRunning = (task) => task.status === "SUBMITTED" || task.status === "IN_PROGRESS";

/** It failed, and may have been drawn all the same: for the operator to decide. */
export const isUnsettled = (task) => task.failCode === "outcome_unknown" || task.failCode === "silence";

/** Rising ids are the queue's order, and may be longer than a number is exact. */
export function byAge(one, other) {
  return one.id.length - other.id.length || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}

/** @param {Record<string, object>} tasks by id @returns newest first */
export const newestFirst = (tasks) => Object.values(tasks).sort((one, other) => byAge(other, one));

/** What was asked for in words, newest first, each once. @param {Record<string, object>} tasks by id */
export const promptsOf = (tasks) => [
  ...new Set(newestFirst(tasks).filter((task) => task.action === "IMAGINE").map((task) => task.prompt).filter(Boolean)),
];

/** @returns {Map<string, number>} id -> place in the queue, from 1 */
export function places(tasks) {
  const waiting = Object.values(tasks).filter(isWaiting).sort(byAge);
  return new Map(waiting.map((task, index) => [task.id, index + 1]));
}

export function percentOf(task) {
  const percent = Number.parseInt(task.progress, 10);
  return Number.isFinite(percent) ? percent : null;
}

const RATIO_OF_NOTHING = 1.4; // of a card of words

/** Width by height, as far as the prompt says. */
export function expectedRatio(task) {
  if (isOver(task) && !mediaOf(task)) return RATIO_OF_NOTHING;
  return ratioOf(task.properties?.finalPrompt || task.promptEn || task.prompt) ?? 1;
}

/** A link as it may be followed; "" when it is no http or https URL. */
export function safeUrl(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
  } catch {
    return "";
  }
}

/** @returns {{url: string, isClip: boolean} | null} the result, or the preview while it is drawn */
export function mediaOf(task) {
  const clip = safeUrl(task.videoUrl || "");
  if (clip) return { url: clip, isClip: CLIP.test(new URL(clip).pathname) };
  const url = safeUrl(task.imageUrl || "");
  return url ? { url, isClip: CLIP.test(new URL(url).pathname) } : null;
}

/** Every file of the result, each once. */
export function filesOf(task) {
  if (task.status !== "SUCCESS") return [];
  const grid = task.videoUrls ? [] : [{ url: task.imageUrl || "" }]; // has no list of its own
  const urls = [...(task.imageUrls ?? grid), ...(task.videoUrls ?? [])].map((link) => safeUrl(link.url)).filter(Boolean);
  return [...new Set(urls)];
}

/** What was asked for in words, with what it refers to, to be asked for again; "" where there were none. */
export function promptOfTask(task) {
  if (IN_WORDS.has(task.action) || FINAL_TEXT.has(task.action)) return task.action === "SHORTEN" ? task.prompt : "";
  const prompt = (task.prompt || task.promptEn || task.properties?.finalPrompt || "").trim();
  const brought = /^(?:<?https?:\/\/[^\s<>]+>?\s+)+/i.exec(task.properties?.finalPrompt ?? "")?.[0] ?? "";
  return !brought || /^<?https?:/i.test(prompt) ? prompt : `${brought}${prompt}`;
}

/** It ended without a picture, and asking for it once more takes nothing but its words. */
export function canTryAgain(task) {
  if (task.status !== "FAILURE" && task.status !== "CANCEL") return false;
  return (task.action === "IMAGINE" || task.action === "SHORTEN") && !task.parentId && Boolean(task.prompt) && !isUnsettled(task);
}

/** Four pictures in one. */
export const isGrid = (task) => task.buttons.some(({ customId }) => /^MJ::JOB::upsample::\d::/.test(customId));

/** What a button with a second input makes, where nothing else makes the same. */
const DIALOGS = { "MJ::CustomZoom::": "ZOOM", "MJ::Inpaint::": "INPAINT" };

/**
 * The task that still waits for the second input of this button; undefined where none does.
 * @param {object} task @param {string} customId @param {Record<string, object>} tasks @param {string} [known] its id,
 *   where it was pressed in this page
 */
export function dialogOf(task, customId, tasks, known) {
  if (known && tasks[known]) return wantsInput(tasks[known]) ? tasks[known] : undefined;
  const action = Object.entries(DIALOGS).find(([start]) => customId.startsWith(start))?.[1];
  return Object.values(tasks).find((each) => action === each.action && each.parentId === task.id && wantsInput(each));
}

/** MidJourney's heart under a result; undefined where there is none. */
export const heartOf = (task) => task.buttons.find(({ customId }) => customId.startsWith("MJ::BOOKMARK::"));

/** The answer to the heart: a note that the result above it was rated, and no result of its own. */
export const isRating = (task) =>
  task.action === "ACTION" && Boolean(task.parentId) && /\brated\b.*\[/i.test(wordsOf(task));

/** One of our copies, of which smaller versions and quarters are made on demand. */
const OUR_COPY = /\/images\/[\w-]+-[a-z0-9]{32}\.(?:png|webp|jpe?g)$/;
export const isOurs = (url) => OUR_COPY.test(new URL(url).pathname);

/** A smaller version of a copy of ours; "" for any other picture. @param {string} url @param {number} width px */
export function narrowed(url, width) {
  if (!isOurs(url)) return "";
  const small = new URL(url);
  small.searchParams.set("w", String(width));
  return small.href;
}

/** One picture of four. @param {string} url a copy of ours @param {number} number as U1 to U4 count them */
export function quarterOf(url, number) {
  const quarter = new URL(url);
  quarter.searchParams.set("tile", String(number));
  return quarter.href;
}

/** The answer of what is answered in words; "" elsewhere. */
export function wordsOf(task) {
  if (task.status !== "SUCCESS") return "";
  const isText = FINAL_TEXT.has(task.action) && (IN_WORDS.has(task.action) || !task.imageUrl);
  return isText ? task.properties?.finalPrompt || task.prompt || "" : "";
}

/**
 * @param {{text: string, status: string, action: string}} filter
 * @param {object} task
 */
export function fits(filter, task) {
  if (filter.status === "RUNNING" ? !isRunning(task) : filter.status && task.status !== filter.status) return false;
  if (filter.action && task.action !== filter.action) return false;
  const words = filter.text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const texts = [task.prompt, task.promptEn, task.properties?.finalPrompt, task.state, task.failReason];
  const all = texts.join("\n").toLocaleLowerCase();
  const names = `${task.id}\n${task.jobId}`.toLowerCase();
  return words.every((word) => all.includes(word) || (word.length >= NAME_LENGTH && names.includes(word)));
}
