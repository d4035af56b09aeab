/**
 * The page's words in the chosen language.
 *
 * Contract: no word is shown that does not stand in both texts_en.js and texts_zh.js, but for what the service, MidJourney
 * and the users say.
 */

import { recall, remember } from "./preferences.js";
import { createStore, useStore } from "./store.js";
import { EN } from "./texts_en.js";
import { ZH } from "./texts_zh.js";

const TEXTS = { en: EN, zh: ZH };
const NAMES = { en: "en", zh: "zh-CN" };

/** @returns {"en" | "zh"} */
function initial() {
  const kept = recall("language", null);
  if (kept in TEXTS) return kept;
  const first = (navigator.languages ?? [navigator.language]).find((name) => /^(en|zh)\b/i.test(name)) ?? "en";
  return first.toLowerCase().startsWith("zh") ? "zh" : "en";
}

const language = createStore({ name: initial() });

/** The language as browsers call it, for dates, numbers and `lang`. */
export const locale = () => NAMES[language.get().name];

/** In a view: draws it again when the language changes. */
export const useLanguage = () => useStore(language).name;

export function switchLanguage() {
  language.set({ name: language.get().name === "en" ? "zh" : "en" });
  remember("language", language.get().name);
  showLanguage();
}

/** The document says its language too: screen readers choose their voice by it. */
export function showLanguage() {
  document.documentElement.lang = locale();
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] for the `{names}` in the text
 */
export function t(key, values = {}) {
  const text = TEXTS[language.get().name][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** The text of a name that the service may have given, or that name itself. */
export const told = (prefix, name) => (`${prefix}${name}` in EN ? t(`${prefix}${name}`) : name);

/** @param {number | null} time ms */
export function clock(time) {
  if (!time) return "";
  const isToday = new Date(time).toDateString() === new Date().toDateString();
  const how = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(locale(), how).format(time);
}

/** The day on this clock, as a key. @param {number | null} time ms */
export const day = (time) => new Date(time ?? 0).toDateString();

/** @param {number | null} time ms */
export function dayName(time) {
  const date = new Date(time ?? 0);
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day(time) === today.toDateString()) return t("today");
  if (day(time) === yesterday.toDateString()) return t("yesterday");
  const isThisYear = date.getFullYear() === today.getFullYear();
  const how = { weekday: "long", day: "numeric", month: "long", ...(!isThisYear && { year: "numeric" }) };
  return new Intl.DateTimeFormat(locale(), how).format(date);
}

/** With seconds, for lines of a timeline. @param {number} time ms */
export function exactClock(time) {
  return new Intl.DateTimeFormat(locale(), { timeStyle: "medium" }).format(time);
}

/** @param {number} ms */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? t("seconds", { n: seconds }) : t("minutes", { m: Math.floor(seconds / 60), s: seconds % 60 });
}
