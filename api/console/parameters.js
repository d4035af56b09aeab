/**
 * MidJourney's parameters as controls.
 *
 * Contract: a control that was not touched adds nothing; one whose parameter stands in the text is switched off, as the text
 * outweighs it. What becomes of the positions is prompt.js's business.
 */

import { html } from "./htm_preact.js";
import { MIDDLE, QUALITIES, RANGES, RATIOS, VERSIONS, isTyped } from "./prompt.js";
import { t } from "./texts.js";

const SPEEDS = ["", "fast", "relax", "turbo"];

/**
 * @param {{controls: import("./prompt.js").Controls, text: string, roles: Set<string>,
 *          onChange: (change: Partial<import("./prompt.js").Controls>) => void}} props
 *   `roles`: what the drawing refers to; a weight means nothing without it
 */
export function Parameters({ controls, text, roles, onChange }) {
  const off = (control) => isTyped(text, control);
  const slider = (name) => html`
    <${Slider}
      name=${name}
      value=${controls[name]}
      isOff=${off(name)}
      onChange=${(value) => onChange({ [name]: value })}
    />
  `;
  return html`
    <div class="parameters">
      <${Ratios} value=${controls.ratio} isOff=${off("ratio")} onChange=${(ratio) => onChange({ ratio })} />
      <${Choice}
        label=${t("version")}
        value=${controls.version}
        values=${VERSIONS}
        isOff=${off("version")}
        onChange=${(version) => onChange({ version })}
      />
      <${Choice}
        label=${t("quality")}
        value=${controls.quality}
        values=${QUALITIES}
        isOff=${off("quality")}
        onChange=${(quality) => onChange({ quality })}
      />
      ${slider("stylize")} ${slider("chaos")} ${slider("weird")} ${slider("exp")}
      ${roles.has("picture") && slider("weight")} ${roles.has("style") && slider("styleWeight")}
      ${roles.has("omni") && slider("omniWeight")}
      <label class="field">
        <span class="label">${t("no")}</span>
        <input
          type="text"
          value=${controls.no}
          disabled=${off("no")}
          placeholder=${t("noExample")}
          onInput=${(event) => onChange({ no: event.target.value })}
        />
      </label>
      <label class="field">
        <span class="label">${t("seed")}</span>
        <input
          type="number"
          min="0"
          max="4294967295"
          step="1"
          value=${controls.seed}
          disabled=${off("seed")}
          placeholder=${t("bySomeChance")}
          onInput=${(event) => onChange({ seed: event.target.value })}
        />
      </label>
      <div class="checks">
        <${Check} name="raw" value=${controls.raw} isOff=${off("raw")} onChange=${onChange} />
        <${Check} name="tile" value=${controls.tile} isOff=${off("tile")} onChange=${onChange} />
        <${Check} name="draft" value=${controls.draft} isOff=${off("draft")} onChange=${onChange} />
        <${Check} name="personal" value=${controls.personal} isOff=${off("personal")} onChange=${onChange} />
      </div>
    </div>
  `;
}

/** One of a few, as buttons side by side. @param {{value: string, onChange: (value: string) => void}} props */
export function Speed({ value, onChange }) {
  return html`
    <fieldset class="field">
      <legend class="label">${t("speed")}</legend>
      <div class="segments">
        ${SPEEDS.map(
          (speed) => html`
            <label class="segment" key=${speed}>
              <input type="radio" name="speed" checked=${value === speed} onChange=${() => onChange(speed)} />
              <span>${t(`speed_${speed || "default"}`)}</span>
            </label>
          `,
        )}
      </div>
    </fieldset>
  `;
}

function Ratios({ value, isOff, onChange }) {
  const isOwn = value !== "" && !RATIOS.includes(value);
  const choose = (ratio) => html`
    <label class="ratio" key=${ratio} title=${ratio || t("default")}>
      <input
        type="radio"
        name="ratio"
        aria-label=${ratio || t("default")}
        checked=${value === ratio}
        disabled=${isOff}
        onChange=${() => onChange(ratio)}
      />
      <span class="ratio-shape shape-${ratio ? ratio.replace(":", "-") : "auto"}" aria-hidden="true"></span>
      <span class="ratio-text" aria-hidden="true">${ratio || t("auto")}</span>
    </label>
  `;
  return html`
    <fieldset class="field">
      <legend class="label">${t("ratio")}</legend>
      <div class="ratios">${["", ...RATIOS].map(choose)}</div>
      <input
        type="text"
        class="ratio-own"
        inputmode="numeric"
        pattern="\\d+:\\d+"
        aria-label=${t("ownRatio")}
        placeholder=${t("ownRatio")}
        disabled=${isOff}
        value=${isOwn ? value : ""}
        onChange=${(event) => onChange(ratioIn(event.target.value))}
      />
    </fieldset>
  `;
}

/** "5 x 7", "5/7" and "5：7" are meant as 5:7. */
function ratioIn(text) {
  const found = /^\s*(\d{1,4})\s*[:：x×/]\s*(\d{1,4})\s*$/.exec(text);
  return found ? `${Number(found[1])}:${Number(found[2])}` : "";
}

function Choice({ label, value, values, isOff, onChange }) {
  return html`
    <label class="field half">
      <span class="label">${label}</span>
      <select value=${value} disabled=${isOff} onChange=${(event) => onChange(event.target.value)}>
        <option value="">${t("default")}</option>
        ${values.map((each) => html`<option key=${each} value=${each}>${each.replace(/^v /, "")}</option>`)}
      </select>
    </label>
  `;
}

function Slider({ name, value, isOff, onChange }) {
  const [min, max, step] = RANGES[name];
  const isSet = value !== null;
  return html`
    <div class="field slider ${isSet ? "is-set" : ""}">
      <label class="label" for="slider-${name}">${t(name)}</label>
      <span class="slider-value">
        ${isSet ? value : t("default")}
        ${isSet &&
        html`<button
          type="button"
          class="link"
          aria-label=${t("resetOf", { name: t(name) })}
          onClick=${() => onChange(null)}
        >
          ${t("reset")}
        </button>`}
      </span>
      <input
        id="slider-${name}"
        type="range"
        min=${min}
        max=${max}
        step=${step}
        disabled=${isOff}
        value=${value ?? MIDDLE[name]}
        aria-valuetext=${isSet ? String(value) : t("default")}
        onInput=${(event) => onChange(Number(event.target.value))}
      />
    </div>
  `;
}

function Check({ name, value, isOff, onChange }) {
  return html`
    <label class="check">
      <input
        type="checkbox"
        checked=${value}
        disabled=${isOff}
        onChange=${(event) => onChange({ [name]: event.target.checked })}
      />
      <span>${t(name)}</span>
    </label>
  `;
}
