/**
 * The page while one looks elsewhere: its title tells how far the drawings are, and the browser tells of their ends.
 *
 * Contract: notifications are asked for by a press, never by themselves, and shown only while the page is not seen. The title
 * is set here alone.
 */

import { html, useEffect, useState } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { recall, remember } from "./preferences.js";
import { isRunning, isWaiting, mediaOf, percentOf } from "./tasks.js";
import { t } from "./texts.js";
import { titleOf } from "./titles.js";
import { app, ends, say } from "./work.js";

/** @param {{tasks: Record<string, object>}} props */
export function Title({ tasks }) {
  const drawing = Object.values(tasks).filter(isRunning);
  const waiting = Object.values(tasks).filter(isWaiting).length;
  const percent = drawing.length ? drawing.reduce((sum, task) => sum + (percentOf(task) ?? 0), 0) / drawing.length : 0;
  const state = drawing.length ? t("percent", { n: Math.round(percent) }) : waiting ? t("waitingN", { n: waiting }) : "";
  const title = state ? `${state} – ${t("title")}` : t("title");
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}

const canNotify = "Notification" in globalThis && isSecureContext;

/** Whether the browser tells of ends, while the page is not seen. */
export function Bell() {
  const [isOn, setOn] = useState(isAllowed());
  useEffect(() => {
    if (!isOn) return undefined;
    ends.add(notify);
    return () => ends.delete(notify);
  }, [isOn]);
  if (!canNotify) return null;
  const onSwitch = async () => {
    if (isOn) remember("notify", null);
    else if ((await Notification.requestPermission()) === "granted") remember("notify", true);
    else say(t("notAllowed"), "error");
    setOn(isAllowed());
  };
  const label = t(isOn ? "notifyOff" : "notifyOn");
  return html`<button
    type="button"
    class="icon-button ${isOn ? "is-on" : ""}"
    aria-label=${label}
    title=${label}
    aria-pressed=${isOn ? "true" : "false"}
    onClick=${onSwitch}
  >
    <${Icon} name="bell" />
  </button>`;
}

const isAllowed = () => canNotify && Notification.permission === "granted" && recall("notify", false);

function notify(task) {
  if (!document.hidden) return;
  const media = mediaOf(task);
  const shown = new Notification(titleOf(task), {
    body: t(`status${task.status}`),
    tag: task.id,
    ...(media && !media.isClip && { icon: media.url }),
  });
  shown.onclick = () => {
    window.focus();
    location.hash = `#/t/${task.id}`;
    shown.close();
  };
}
