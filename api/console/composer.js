/**
 * Where something new is asked for: a drawing from words, or from pictures; words for a picture.
 *
 * Law: what will be sent is shown before it is. Nothing is sent twice: a wish keeps its key until it was answered.
 */

import { html, useEffect, useRef, useState } from "./htm_preact.js";
import { MOST, Pictures, read, usePasteAndDrop } from "./brought.js";
import { draft, forget } from "./draft.js";
import { Parameters, Speed } from "./parameters.js";
import { recall, remember } from "./preferences.js";
import { NOTHING, promptOf } from "./prompt.js";
import { useStore } from "./store.js";
import { t } from "./texts.js";
import { fulfilled, keyOf } from "./wishes.js";
import { draw } from "./work.js";

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
const PLACE = "composer";

export function Composer() {
  const { kind, text, pictures, shape, motion } = useStore(draft);
  const [controls, setControls] = useState({ ...NOTHING, ...recall("controls", {}) });
  const [speed, setSpeed] = useState(recall("speed", ""));
  const [refusal, setRefusal] = useState("");
  const [isSending, setSending] = useState(false);
  const takes = KINDS[kind];
  const chosen = pictures.slice(0, takes.most);
  const prompt = takes.parameters ? promptOf(text, controls, chosen.length > 0) : text.trim();

  const set = (changed) => {
    draft.set(changed);
    setRefusal("");
  };
  const change = (changed) => {
    const now = { ...controls, ...changed };
    setControls(now);
    remember("controls", now);
  };
  const onFiles = async (files) => {
    const found = await read(files, Math.max(0, takes.most - pictures.length));
    draft.set({ pictures: [...draft.get().pictures, ...found.pictures] });
    setRefusal(found.refusal);
  };
  usePasteAndDrop(onFiles);
  const onRemove = (picture) => {
    forget(picture);
    set({ pictures: pictures.filter((each) => each !== picture) });
  };
  const send = async () => {
    if (isSending) return;
    const missing = missingIn(takes, text, chosen);
    setRefusal(missing);
    if (missing) return;
    const body = bodyOf(kind, { prompt, pictures: chosen, shape, motion });
    setSending(true);
    const id = await draw(kind, body, speed, keyOf(PLACE, [kind, speed, body]), setRefusal);
    setSending(false);
    if (!id) return;
    fulfilled(PLACE);
    chosen.forEach(forget);
    const now = draft.get(); // what came meanwhile is for the next one
    draft.set({
      text: takes.words && now.text === text ? "" : now.text,
      pictures: now.pictures.filter((each) => !chosen.includes(each)),
    });
  };

  return html`
    <section class="composer" aria-label=${t("composer")}>
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
        html`<${Pictures} pictures=${chosen} most=${takes.most} onFiles=${onFiles} onRemove=${onRemove} />`}
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
        html`<${Folded} controls=${controls} onReset=${() => change(NOTHING)}>
          <${Parameters} controls=${controls} text=${text} withPictures=${chosen.length > 0} onChange=${change} />
        <//>`}
      </form>
    </section>
  `;
}

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
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    onEnter();
  };
  return html`
    <label class="field">
      <span class="label">${t("prompt")}</span>
      <textarea
        ref=${element}
        class="words"
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

function Result({ prompt }) {
  return html`
    <div class="result-prompt">
      <span class="label" id="result-label">${t("willBeSent")}</span>
      <output class="code" aria-labelledby="result-label">${prompt}</output>
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
