/**
 * The page: which view is shown, and what lies over it.
 *
 * Contract: everything starts here and is wired here. The address after # says what is shown, so that it can be kept, sent
 * and gone back from.
 */

import { html, render, useEffect, useState } from "./htm_preact.js";
import { Accounts } from "./accounts.js";
import { keepFocus } from "./focus.js";
import { Connection, Header, showTheme } from "./frame.js";
import { Keys } from "./keys.js";
import { Message } from "./message.js";
import { Operator } from "./operator.js";
import { PicturesView } from "./pictures.js";
import { recall } from "./preferences.js";
import { Title } from "./presence.js";
import { Programs } from "./programs.js";
import { SecondInput } from "./second_input.js";
import { SignIn } from "./sign_in.js";
import { useStore } from "./store.js";
import { wantsInput } from "./tasks.js";
import { showLanguage, t, useLanguage } from "./texts.js";
import { app, reconnect, signOut, start, watchState } from "./work.js";

/** @returns {{view: string, viewed: string | null, query: string}} `query`: what the gallery is filtered by */
function routeOf(hash) {
  const [path, query = ""] = hash.split("?", 2);
  const found = /^#\/t\/(\d+)$/.exec(path);
  if (found) return { view: "pictures", viewed: found[1], query };
  const name = /^#\/(\w+)$/.exec(path)?.[1] ?? "";
  return { view: ["accounts", "operator", "programs"].includes(name) ? name : "pictures", viewed: null, query };
}

function useRoute() {
  const [route, setRoute] = useState(routeOf(location.hash));
  useEffect(() => {
    const onChange = () => setRoute(routeOf(location.hash));
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);
  return route;
}

const withQuery = (path, query) => (query ? `${path}?${query}` : path);

/** Going from task to task leaves one step to go back from, not one for each. */
function go(id) {
  const { query } = routeOf(location.hash);
  const hash = withQuery(id ? `#/t/${id}` : "#/", query);
  if (!location.hash.startsWith("#/t/")) location.hash = hash;
  else replace(hash);
}

/** Nor does each letter of what is searched for. */
const filterBy = (query) => replace(withQuery("#/", query));

function replace(hash) {
  history.replaceState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

function Page() {
  const state = useStore(app);
  const { view, viewed, query } = useRoute();
  useLanguage();
  const isOpen = state.stage === "open";
  const asked = state.asking && state.tasks[state.asking];
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t("skip")}</a>
    <${Header} view=${view} isOpen=${isOpen} health=${state.health} />
    ${isOpen && html`<${Connection} connection=${state.connection} />`}
    <main id="main" tabindex="-1">
      ${state.stage === "starting" && html`<${Starting} connection=${state.connection} />`}
      ${state.stage === "forbidden" && html`<p class="notice warn page" role="alert">${state.refusal}</p>`}
      ${isOpen && view === "pictures" && html`<${PicturesView} state=${state} viewed=${viewed} query=${query} onGo=${go} onQuery=${filterBy} />`}
      ${isOpen && view === "accounts" && html`<${Accounts} ...${state} />`}
      ${isOpen && view === "operator" && html`<${Operator} />`}
      ${isOpen && view === "programs" && html`<${Programs} />`}
    </main>
    ${state.stage === "closed" && html`<${SignIn} key=${state.refusal} refusal=${state.refusal} />`}
    ${asked && wantsInput(asked) && html`<${SecondInput} key=${asked.id} task=${asked} parent=${state.tasks[asked.parentId]} />`}
    <${Keys} />
    <${Title} tasks=${state.tasks} />
    <${Message} />
  `;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Starting({ connection }) {
  if (connection.state !== "lost") {
    return html`<p class="away" role="status">${t("loading")}</p>
      <div class="skeleton" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i><i></i></div>`;
  }
  const isGuessing = connection.status === 429;
  return html`<div class="page stack" role="alert">
    <p>${t(isGuessing ? "wrongTooOften" : "notReached")}</p>
    ${isGuessing
      ? html`<button type="button" class="button" onClick=${signOut}>${t("enterAnother")}</button>`
      : html`<button type="button" class="button" onClick=${reconnect}>${t("retryNow")}</button>`}
  </div>`;
}

showTheme(recall("theme", null));
showLanguage();
addEventListener("online", reconnect);
keepFocus(document.getElementById("page"));
start();
watchState();
render(html`<${Page} />`, document.getElementById("page"));
