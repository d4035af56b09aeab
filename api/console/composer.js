/**
 * Where something new is asked for: a drawing from words, or from pictures; words for a picture.
 *
 * Contract: what will be sent is shown before it is. Nothing is sent twice: a wish keeps its key until it was answered.
 */

import { html, useEffect, useRef, useState } from "./htm_preact.js";
import { MOST, References, read, usePasteAndDrop } from "./brought.js";
import { draft, reference, turn } from "./draft.js";
import { Icon } from "./icons.js";
import { Parameters, Speed } from "./parameters.js";
import { recall, remember } from "./preferences.js";
import { Presets } from "./presets.js";
import { NOTHING, promptOf } from "./prompt.js";
import { NEEDED, isLink, takes as takesIn, versionOf } from "./references.js";
import { useStore } from "./store.js";
import { promptsOf } from "./tasks.js";
import { t } from "./texts.js";
import { fulfilled, keyOf } from "./wishes.js";
import { app, draw, linked } from "./work.js";

/** What each kind takes: pictures at most and at least, and whether words and parameters. */
const KINDS = {
  imagine: { most: MOST, least: 0, words: true, parameters: true },
  blend: { most: MOST, least: 2, words: false, parameters: false },
  describe: { most: 1, least: 1, words: false, parameters: false },
  shorten: { most: 0, least: 0, words: true, parameters: false },
  video: { most: 1, least: 1, words: true, parameters: false },
};
const SHAPES = ["SQUARE", "PORTRAIT", "LANDSCAPE"];
const MOTIONS = ["low", "high"];
const WIDE = "(min-width: 60rem)";
const isPhone = () => matchMedia("(max-width: 47.99rem)").matches;
const PLACE = "composer";

export function Composer({ onDrawn = () => {} }) {
  const { kind, text, references, shape, motion, controls } = useStore(draft);
  const [speed, setSpeed] = useState(recall("speed", ""));
  const [refusal, setRefusal] = useState("");
  const [isSending, setSending] = useState(false);
  const [isOpen, setOpen] = useState(false); // on a phone: a sheet over the pictures, else a line below them
  const takes = KINDS[kind];
  const chosen = usedIn(takes, references);
  const prompt = takes.parameters ? promptOf(text, controls, chosen) : text.trim();

  const set = (changed) => {
    draft.set(changed);
    setRefusal("");
  };
  const bring = (brought) => set({ references: [...draft.get().references, ...brought] });
  const onFiles = async (files) => {
    const found = await read(files, Math.max(0, takes.most - usedIn(takes, draft.get().references).length));
    bring(found.references);
    setRefusal(found.refusal);
  };
  usePasteAndDrop(onFiles);
  const onRemove = (one) => set({ references: references.filter((each) => each !== one) });
  const onRole = (one, role) =>
    set({ references: references.map((each) => (each === one ? { ...each, role } : each)) });
  const onLink = (link) => bring([reference({ role: isLink(link) ? "picture" : "style", link, name: link })]);
  const send = async () => {
    if (isSending) return;
    const missing = missingIn(takes, text, chosen);
    setRefusal(missing);
    if (missing) return;
    setSending(true);
    const id = await sendWith({ kind, takes, text, controls, chosen, shape, motion, speed }, setRefusal);
    setSending(false);
    if (!id) return;
    fulfilled(PLACE);
    const now = draft.get(); // what came meanwhile is for the next one
    draft.set({
      text: takes.words && now.text === text ? "" : now.text,
      references: now.references.filter((each) => !chosen.includes(each)),
    });
    close();
    onDrawn(id);
  };
  const close = () => {
    if (isPhone()) document.activeElement?.blur(); // else the keyboard of the screen stays
    setOpen(false);
  };
  const onKeyDown = (event) => event.key === "Escape" && !event.defaultPrevented && close();

  return html`
    ${isOpen && html`<div class="composer-shade" onClick=${close}></div>`}
    <section
      class="composer ${isOpen ? "is-open" : ""}"
      aria-label=${t("composer")}
      onKeyDown=${onKeyDown}
      onfocusin=${() => isPhone() && setOpen(true)}
    >
      <div class="composer-bar">
        ${!isOpen &&
        !takes.words &&
        html`<button type="button" class="button grow" onClick=${() => setOpen(true)}>${t(`kind${kind}`)} …</button>`}
        ${isOpen &&
        html`<h2 class="grow section-title">${t("composer")}</h2>
          <button type="button" class="icon-button" aria-label=${t("close")} onClick=${close}>
            <${Icon} name="close" />
          </button>`}
      </div>
      <${Kinds} value=${kind} onChange=${(now) => set({ kind: now })} />
      <form
        class="stack"
        noValidate
        onSubmit=${(event) => {
          event.preventDefault();
          send();
        }}
      >
        ${takes.words && html`<${Words} kind=${kind} text=${text} onText=${(now) => set({ text: now })} onEnter=${send} />`}
        ${takes.most > 0 &&
        html`<${References}
          references=${chosen}
          most=${takes.most}
          onFiles=${onFiles}
          onRemove=${onRemove}
          onRole=${takes.parameters ? onRole : undefined}
          onLink=${takes.parameters ? onLink : undefined}
        />`}
        ${takes.parameters && html`<${NotTaken} text=${text} controls=${controls} references=${chosen} />`}
        ${kind === "blend" &&
        html`<${Select} name="shape" value=${shape} values=${SHAPES} onChange=${(now) => set({ shape: now })} />`}
        ${kind === "video" &&
        html`<${Select} name="motion" value=${motion} values=${MOTIONS} onChange=${(now) => set({ motion: now })} />`}
        ${refusal && html`<p class="error" role="alert">${refusal}</p>`}
        <button class="button primary large" type="submit" aria-disabled=${isSending}>
          ${isSending ? t("sending") : t(`do${kind}`)}
        </button>
        ${takes.parameters && prompt && html`<${Result} prompt=${prompt} />`}
        <${Speed}
          value=${speed}
          onChange=${(now) => {
            setSpeed(now);
            remember("speed", now);
          }}
        />
        ${takes.parameters &&
        html`<${Folded} controls=${controls} onReset=${() => turn(NOTHING)}>
          <${Presets} />
          <${Parameters}
            controls=${controls}
            text=${text}
            roles=${new Set(chosen.map((each) => each.role))}
            onChange=${turn}
          />
        <//>`}
      </form>
    </section>
  `;
}

/** Where only pictures are taken, links and other roles stay for later. */
function usedIn(takes, references) {
  const fitting = takes.parameters ? references : references.filter((each) => each.data);
  return fitting.slice(0, takes.most);
}

/**
 * Files that the prompt has to name are brought to Discord first, which gives them an address.
 * @returns {Promise<string | null>} the new task's id
 */
async function sendWith({ kind, takes, text, controls, chosen, shape, motion, speed }, onRefused) {
  const named = takes.parameters ? await linked(chosen, onRefused) : chosen;
  if (!named) return null;
  const prompt = takes.parameters ? promptOf(text, controls, named) : text.trim();
  const pictures = named.filter((each) => !takes.parameters || (each.role === "picture" && !each.link));
  const body = bodyOf(kind, { prompt, pictures, shape, motion });
  return draw(kind, body, speed, keyOf(PLACE, [kind, speed, body]), onRefused);
}

/** What the version in force does not take, and the one that does. It warns: MidJourney alone knows. */
function NotTaken({ text, controls, references }) {
  const version = versionOf(text, controls.version);
  const asked = ["draft", "exp", "weird", "quality"].filter((name) => controls[name] !== NOTHING[name]);
  const used = new Set([...references.map((each) => each.role), ...asked]);
  const wrong = [...used].filter((what) => !takesIn(what, version));
  if (!wrong.length) return null;
  const name = `${version.isNiji ? "niji " : ""}${version.number}`;
  return html`
    <ul class="notice warn not-taken">
      ${wrong.map(
        (what) => html`<li key=${what} class="row">
          <span class="grow">${t("notTaken", { version: name, what: t(what in KINDS_OF ? KINDS_OF[what] : what) })}</span>
          <button type="button" class="button small" onClick=${() => turn({ version: NEEDED[what] })}>
            ${t("takeVersion", { version: NEEDED[what].replace("v ", "") })}
          </button>
        </li>`,
      )}
    </ul>
  `;
}

const KINDS_OF = { picture: "role_picture", style: "role_style", omni: "role_omni", edit: "role_edit" };

function missingIn(takes, text, pictures) {
  if (pictures.length < takes.least) return t(takes.least > 1 ? "needPictures" : "needPicture");
  const isEmpty = takes.words && takes.least === 0 && !text.trim();
  return isEmpty ? t("needWords") : "";
}

function bodyOf(kind, { prompt, pictures, shape, motion }) {
  const data = pictures.map((picture) => picture.data);
  switch (kind) {
    case "blend":
      return { base64Array: data, dimensions: shape };
    case "describe":
      return { base64: data[0] };
    case "shorten":
      return { prompt };
    case "video":
      return { prompt, image: data[0], motion };
    default:
      return data.length ? { prompt, base64Array: data } : { prompt };
  }
}

function Kinds({ value, onChange }) {
  return html`
    <div class="segments kinds" role="radiogroup" aria-label=${t("kind")}>
      ${Object.keys(KINDS).map(
        (kind) => html`
          <label class="segment" key=${kind}>
            <input type="radio" name="kind" checked=${value === kind} onChange=${() => onChange(kind)} />
            <span>${t(`kind${kind}`)}</span>
          </label>
        `,
      )}
    </div>
  `;
}

/** Enter draws, but not while an input method is still composing characters. */
function Words({ kind, text, onText, onEnter }) {
  const element = useRef(null);
  useEffect(() => {
    const area = element.current;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [text, kind]);
  useEffect(() => {
    const onCompose = () => requestAnimationFrame(() => element.current?.focus());
    addEventListener("compose", onCompose);
    return () => removeEventListener("compose", onCompose);
  }, []);
  const recalled = useRef({ at: -1, own: "" }); // how far back, and what was written before
  const onKeyDown = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const found = earlier(recalled.current, element.current, event.key === "ArrowUp" ? 1 : -1);
      if (found === null) return;
      event.preventDefault();
      onText(found);
      return;
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    recalled.current = { at: -1, own: "" };
    onEnter();
  };
  return html`
    <label class="field words-field">
      <span class="label">${t("prompt")}</span>
      <textarea
        ref=${element}
        class="words"
        dir="auto"
        rows="3"
        aria-describedby="words-hint"
        placeholder=${t(kind === "shorten" ? "shortenExample" : "promptExample")}
        value=${text}
        onInput=${(event) => onText(event.target.value)}
        onKeyDown=${onKeyDown}
      ></textarea>
      <span id="words-hint" class="hint">${t("enterDraws")}</span>
    </label>
  `;
}

/**
 * The prompts of before, as a shell recalls them: only from the text's first place, so that arrows move in it elsewhere.
 * @param {{at: number, own: string}} recalled @param {HTMLTextAreaElement} area
 * @returns {string | null} the text to show
 */
function earlier(recalled, area, step) {
  const isWalking = recalled.at >= 0;
  if (!isWalking && (step < 0 || area.selectionEnd > 0)) return null;
  const prompts = promptsOf(app.get().tasks);
  if (isWalking && area.value !== prompts[recalled.at]) return null; // it was changed since
  const at = recalled.at + step;
  if (at >= prompts.length) return null;
  if (!isWalking) recalled.own = area.value;
  recalled.at = at;
  return at < 0 ? recalled.own : prompts[at];
}

function Result({ prompt }) {
  return html`
    <div class="result-prompt">
      <span class="label" id="result-label">${t("willBeSent")}</span>
      <output class="code" dir="auto" aria-labelledby="result-label">${prompt}</output>
    </div>
  `;
}

function Select({ name, value, values, onChange }) {
  return html`
    <label class="field">
      <span class="label">${t(name)}</span>
      <select value=${value} onChange=${(event) => onChange(event.target.value)}>
        ${values.map((each) => html`<option key=${each} value=${each}>${t(`option_${each}`)}</option>`)}
      </select>
    </label>
  `;
}

/** Open where there is room for it. */
function Folded({ controls, onReset, children }) {
  const set = Object.keys(NOTHING).filter((name) => controls[name] !== NOTHING[name]).length;
  return html`
    <details class="folded" open=${matchMedia(WIDE).matches}>
      <summary>
        <span>${t("parameters")}</span>
        ${set > 0 && html`<span class="count">${set}</span>`}
      </summary>
      ${children}
      ${set > 0 && html`<button type="button" class="button quiet" onClick=${onReset}>${t("resetAll")}</button>`}
    </details>
  `;
}
