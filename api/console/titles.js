/**
 * How a task is called, in the page's language.
 *
 * Contract: what the user wrote comes first; what has no words of its own is called by what it is.
 */

import { plain, readWords } from "./answered.js";
import { wordsOf } from "./tasks.js";
import { locale, t, told } from "./texts.js";

/** @param {object} task @returns {string} never empty */
export function titleOf(task) {
  const name = t(`action${task.action}`);
  const own = task.prompt || task.promptEn || "";
  if (task.action === "BLEND") {
    const pictures = (task.properties?.finalPrompt ?? "").match(/https?:\/\/\S+/g)?.length ?? 0;
    return pictures ? t("blendOf", { n: pictures }) : name;
  }
  const words = wordsOf(task);
  if (words && task.action !== "SHORTEN") return readWords(words).texts[0]?.text ?? plain(words);
  return withoutLinks(own || task.properties?.finalPrompt || "") || name;
}

/** Why it failed: the service's own words, which are English; in another language the code's meaning comes first. */
export function reasonOf({ failCode, failReason }) {
  if (locale() === "en" || !failCode) return failReason;
  const why = told("fail_", failCode);
  return failReason ? t("failWithReason", { why, reason: failReason }) : why;
}

/** Pictures that stand before the words are left out, and other links are not spelt out. */
const withoutLinks = (prompt) =>
  prompt
    .replace(/^(?:<?https?:\/\/\S+\s*)+/i, "")
    .replace(/<?https?:\/\/[^\s>]+>?/gi, "…")
    .trim();
