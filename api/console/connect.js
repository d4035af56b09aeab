/**
 * Connecting an account: a link to its channel and a token go in, then the page shows how far the account comes.
 *
 * Contract: the token is written once, to this service, and forgotten; it is never shown nor kept. Adding an account is the
 * operator's. The reasons are the service's own words.
 */

import { html, useRef, useState } from "./htm_preact.js";
import { Refusal, accounts, addAccount } from "./api.js";
import { forgetSecret, keepSecret, secretOf } from "./secrets.js";
import { SecretForm } from "./sign_in.js";
import { t } from "./texts.js";
import { loadState, wordsOf } from "./work.js";

const LINK = /\/channels\/(\d{1,20}|@me)\/(\d{1,20})/;
const POLL = 1000; // ms
const POLLS = 60;

/** @param {string} link @returns {{guildId: string, channelId: string} | null} no server: private messages with the bot */
export function placeOf(link) {
  const found = LINK.exec(link);
  return found && { guildId: found[1] === "@me" ? "" : found[1], channelId: found[2] };
}

export function Connect() {
  const [isOperator, setOperator] = useState(secretOf("admin") !== "");
  const [refusal, setRefusal] = useState("");
  const onSecret = (secret, stays) => {
    keepSecret("admin", secret, stays);
    setRefusal("");
    setOperator(true);
  };
  const onWrongSecret = () => {
    forgetSecret("admin");
    setRefusal(t("wrongSecret"));
    setOperator(false);
  };
  return html`
    <section class="card narrow stack" aria-labelledby="connect-title">
      <h2 id="connect-title" class="section-title">${t("connect")}</h2>
      ${isOperator
        ? html`<${Form} onWrongSecret=${onWrongSecret} />`
        : html`<p class="soft">${t("adminWhy")}</p>
            <${SecretForm} label=${t("adminSecret")} refusal=${refusal} onSecret=${onSecret} />`}
    </section>
  `;
}

function Form({ onWrongSecret }) {
  const [link, setLink] = useState("");
  const [steps, setSteps] = useState([]);
  const [refusal, setRefusal] = useState("");
  const token = useRef(null);
  const isAsking = useRef(false);
  const place = placeOf(link);
  const connect = async () => {
    setSteps([]);
    setRefusal("");
    try {
      const added = await addAccount({ ...place, token: token.current.value.trim() });
      token.current.value = "";
      setSteps(["connectSaved"]);
      await follow(added.id, setSteps, setRefusal);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) onWrongSecret();
      else setRefusal(wordsOf(error));
    }
    loadState();
  };
  const onSubmit = async (event) => {
    event.preventDefault();
    if (isAsking.current || !place) return;
    isAsking.current = true;
    await connect();
    isAsking.current = false;
  };
  return html`
    <form class="stack" onSubmit=${onSubmit}>
      <label class="field">
        <span class="label">${t("connectLink")}</span>
        <input type="text" inputmode="url" value=${link} onInput=${(event) => setLink(event.target.value)} />
      </label>
      <p class="soft" role="status">
        ${place ? t("connectPlace", { guild: place.guildId || "–", channel: place.channelId }) : t("connectLinkWhy")}
      </p>
      <label class="field">
        <span class="label">${t("connectToken")}</span>
        <input ref=${token} type="password" autocomplete="off" required />
      </label>
      <p class="soft">${t("connectTokenWhy")}</p>
      <button class="button primary" type="submit" disabled=${!place}>${t("connectSave")}</button>
    </form>
    <div role="status" aria-label=${t("connectSteps")}>
      <ul>
        ${steps.map((step) => html`<li key=${step}>✓ ${t(step)}</li>`)}
      </ul>
    </div>
    ${refusal && html`<p class="error" role="alert">${refusal}</p>`}
  `;
}

/** Watches the new account until it draws, or until the service says why it cannot. */
async function follow(account, setSteps, setRefusal) {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const found = (await accounts()).find((each) => each.id === account);
    if (found?.running) {
      setSteps(["connectSaved", "connectToken_ok", "connectDraws"]);
      return;
    }
    if (found && !found.enable) {
      setSteps(found.userId ? ["connectSaved", "connectToken_ok"] : ["connectSaved"]);
      setRefusal(found.disabledReason);
      return;
    }
    await new Promise((done) => {
      setTimeout(done, POLL);
    });
  }
  setRefusal(t("connectSlow"));
}
