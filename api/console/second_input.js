/**
 * The second input that a button asks for: another text, a zoom's factor, what of the picture shall change.
 *
 * Contract: nothing was pressed yet, and nothing is until it is sent. Left alone, the task waits in the queue's list, and what
 * was typed and painted with it.
 */

import { html, useEffect, useRef, useState } from "./htm_preact.js";
import { Brush, maskOf } from "./brush.js";
import { Dialog } from "./dialog.js";
import { withZoom } from "./prompt.js";
import { mediaOf, wantsInput } from "./tasks.js";
import { t } from "./texts.js";
import { answerDialog, app, cancel, refresh } from "./work.js";

const ZOOM = { min: 1, max: 2, step: 0.05, first: 1.5 };

const drafts = new Map(); // task -> what was typed and painted when its window was closed

/** @param {{task: object, parent: object | undefined}} props */
export function SecondInput({ task, parent }) {
  const draft = drafts.get(task.id);
  const [text, setText] = useState(draft?.text ?? task.properties.finalPrompt);
  const [factor, setFactor] = useState(draft?.factor ?? ZOOM.first);
  const [strokes, setStrokes] = useState(draft?.strokes ?? []);
  const [size, setSize] = useState(null);
  const [refusal, setRefusal] = useState("");
  const [isSending, setSending] = useState(false);
  const area = useRef(null);
  const isZoom = task.action === "ZOOM";
  const isRegion = task.action === "INPAINT";
  const picture = parent && mediaOf(parent);

  useEffect(() => {
    if (isRegion && !parent) refresh(task.parentId);
    else area.current.focus();
  }, []);

  const latest = useRef(null);
  latest.current = { text, factor, strokes };
  useEffect(
    () => () => {
      const now = app.get().tasks[task.id];
      if (now && wantsInput(now)) drafts.set(task.id, latest.current);
      else drafts.delete(task.id);
    },
    [],
  );

  const send = async () => {
    if (isSending) return;
    if (isRegion && !(size && strokes.length)) {
      setRefusal(t("needMask"));
      return;
    }
    setSending(true);
    const body = { taskId: task.id, prompt: isZoom ? withZoom(text, factor) : text };
    if (isRegion) body.maskBase64 = maskOf(size, strokes);
    const id = await answerDialog(body, setRefusal);
    if (!id) setSending(false);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };

  return html`
    <${Dialog}
      title=${t(isRegion ? "regionTitle" : isZoom ? "zoomTitle" : "secondInput")}
      class=${isRegion ? "wide" : ""}
      onClose=${() => app.set({ asking: null })}
    >
      <form
        class="stack"
        onSubmit=${(event) => {
          event.preventDefault();
          send();
        }}
      >
        ${isRegion &&
        picture &&
        html`<${Brush}
          url=${picture.url}
          alt=${t("pictureOf", { title: parent.prompt })}
          strokes=${strokes}
          onStrokes=${(change) => {
            setStrokes(change);
            setRefusal("");
          }}
          onSize=${setSize}
        />`}
        <label class="field">
          <span class="label">${t("prompt")}</span>
          <textarea
            ref=${area}
            class="words"
            dir="auto"
            rows=${isRegion ? 2 : 4}
            value=${text}
            onInput=${(event) => setText(event.target.value)}
            onKeyDown=${onKeyDown}
          ></textarea>
        </label>
        ${isZoom && html`<${Factor} value=${factor} onChange=${setFactor} />`}
        ${refusal && html`<p class="error" role="alert">${refusal}</p>`}
        <div class="row end">
          <button type="button" class="button quiet" onClick=${() => cancel(task.id)}>${t("discard")}</button>
          <button type="submit" class="button primary" aria-disabled=${isSending}>
            ${isSending ? t("sending") : t("doimagine")}
          </button>
        </div>
      </form>
    <//>
  `;
}

function Factor({ value, onChange }) {
  return html`
    <div class="field slider is-set">
      <label class="label" for="zoom-factor">${t("zoomFactor")}</label>
      <span class="slider-value">${value}×</span>
      <input
        id="zoom-factor"
        type="range"
        min=${ZOOM.min}
        max=${ZOOM.max}
        step=${ZOOM.step}
        value=${value}
        onInput=${(event) => onChange(Number(event.target.value))}
      />
    </div>
  `;
}
