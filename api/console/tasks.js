/**
 * What can be said of a task's document. Pure.
 *
 * Law: nothing here asks, shows or remembers. A task is the document of `/mj`, as it came.
 */

import { ratioOf } from "./prompt.js";

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

/** @returns {Map<string, number>} id -> place in the queue, from 1 */
export function places(tasks) {
  const waiting = Object.values(tasks).filter(isWaiting).sort(byAge);
  return new Map(waiting.map((task, index) => [task.id, index + 1]));
}

export function percentOf(task) {
  const percent = Number.parseInt(task.progress, 10);
  return Number.isFinite(percent) ? percent : null;
}

const RATIO_OF_NOTHING = 0.8;

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

/** What was asked for, for people. */
export function titleOf(task) {
  if (IN_WORDS.has(task.action) && task.status === "SUCCESS") return wordsOf(task);
  return task.prompt || task.promptEn || task.properties?.finalPrompt || "";
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
  const texts = [task.id, task.prompt, task.promptEn, task.properties?.finalPrompt, task.jobId, task.state];
  const all = [...texts, task.failReason].join("\n").toLocaleLowerCase();
  return words.every((word) => all.includes(word));
}
