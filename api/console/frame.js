/**
 * What stands around every view: the header and the state of the connection.
 *
 * Contract: it knows no view but by its name and address. What is no longer up to date is never shown as if it was.
 */

import { html, useEffect, useState } from "./htm_preact.js";
import { Icon } from "./icons.js";
import { recall, remember } from "./preferences.js";
import { Bell } from "./presence.js";
import { secretOf } from "./secrets.js";
import { switchLanguage, t } from "./texts.js";
import { reconnect, signOut } from "./work.js";

export const VIEWS = { pictures: "#/", accounts: "#/accounts", operator: "#/operator", programs: "#/programs" };

/** @param {{view: string, isOpen: boolean, health: object | null}} props */
export function Header({ view, isOpen, health }) {
  const needsHelp = health && health.status !== "ok";
  return html`
    <header class="header">
      <a class="brand" href="#/"><span class="brand-mark" aria-hidden="true"></span>${t("brand")}</a>
      ${isOpen &&
      html`<nav class="nav" aria-label=${t("views")}>
        ${Object.entries(VIEWS).map(
          ([name, href]) => html`
            <a key=${name} href=${href} aria-current=${view === name ? "page" : undefined}>
              ${t(`view_${name}`)}
              ${name === "accounts" &&
              needsHelp &&
              html`<span class="dot accountPaused" role="img" aria-label=${t("needsAttention")}></span>`}
            </a>
          `,
        )}
      </nav>`}
      <div class="header-end">
        <button type="button" class="button quiet" lang=${t("otherLanguageTag")} onClick=${switchLanguage}>
          ${t("otherLanguage")}
        </button>
        ${isOpen && html`<${Bell} />`}
        <${Theme} />
        ${secretOf("api") &&
        html`<button type="button" class="icon-button" aria-label=${t("signOut")} title=${t("signOut")} onClick=${signOut}>
          <${Icon} name="out" />
        </button>`}
      </div>
    </header>
  `;
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** Follows the system until it is switched; switched back to what the system says, it follows again. */
function Theme() {
  const [chosen, setChosen] = useState(recall("theme", null));
  const [systemDark, setSystemDark] = useState(prefersDark.matches);
  useEffect(() => {
    const onChange = () => setSystemDark(prefersDark.matches);
    prefersDark.addEventListener("change", onChange);
    return () => prefersDark.removeEventListener("change", onChange);
  }, []);
  const isDark = chosen ? chosen === "dark" : systemDark;
  const onSwitch = () => {
    const wanted = isDark ? "light" : "dark";
    const now = (wanted === "dark") === systemDark ? null : wanted;
    setChosen(now);
    remember("theme", now);
    showTheme(now);
  };
  const label = t(isDark ? "toLight" : "toDark");
  return html`<button type="button" class="icon-button" aria-label=${label} title=${label} onClick=${onSwitch}>
    <${Icon} name=${isDark ? "sun" : "moon"} />
  </button>`;
}

/** @param {"light" | "dark" | null} theme null: as the system */
export function showTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** Says that what is shown may be old, and when it is tried again. @param {{connection: object}} props */
export function Connection({ connection }) {
  const [, tick] = useState(0);
  const isLost = connection.state === "lost";
  useEffect(() => {
    if (!isLost) return undefined;
    const clock = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(clock);
  }, [isLost]);
  const seconds = Math.max(0, Math.ceil(((connection.retryAt ?? 0) - Date.now()) / 1000));
  return html`
    <div role="status">
      ${isLost &&
      html`<div class="connection">
        <span class="grow">${t("connectionLost")} <span aria-hidden="true">${t("retryIn", { n: seconds })}</span></span>
        <button type="button" class="button" onClick=${reconnect}>${t("retryNow")}</button>
      </div>`}
      ${connection.state === "refused" && html`<div class="connection">${t("noLive")}</div>`}
    </div>
  `;
}
