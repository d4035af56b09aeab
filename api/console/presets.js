/**
 * Positions of the controls under a name, to be set again with one choice.
 *
 * Contract: they are kept in this browser. A name is given once; saved again, the new positions stand under it.
 */

import { html, useState } from "./htm_preact.js";
import { draft, turn } from "./draft.js";
import { recall, remember } from "./preferences.js";
import { NOTHING } from "./prompt.js";
import { useStore } from "./store.js";
import { t } from "./texts.js";

const LONGEST = 40; // characters of a name

export function Presets() {
  const [presets, setPresets] = useState(recall("presets", {}));
  const [name, setName] = useState("");
  const [isNaming, setNaming] = useState(false);
  const { controls } = useStore(draft);
  const inForce = Object.keys(presets).find((each) => isSame({ ...NOTHING, ...presets[each] }, controls)) ?? "";
  const change = (now) => {
    setPresets(now);
    remember("presets", Object.keys(now).length ? now : null);
  };
  const save = () => {
    const given = name.trim().slice(0, LONGEST);
    if (given) change({ ...presets, [given]: changedOf(controls) });
    setNaming(false);
    setName("");
  };
  const remove = () => {
    const { [inForce]: gone, ...others } = presets;
    change(others);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") save();
    else setNaming(false);
  };
  if (isNaming) {
    return html`<div class="presets">
      <input
        type="text"
        autofocus
        maxlength=${LONGEST}
        aria-label=${t("presetName")}
        placeholder=${t("presetName")}
        value=${name}
        onInput=${(event) => setName(event.target.value)}
        onKeyDown=${onKeyDown}
      />
      <button type="button" class="button" onClick=${save}>${t("save")}</button>
    </div>`;
  }
  return html`
    <div class="presets">
      ${Object.keys(presets).length > 0 &&
      html`<select
        aria-label=${t("presets")}
        value=${inForce}
        onChange=${(event) => event.target.value && turn({ ...NOTHING, ...presets[event.target.value] })}
      >
        <option value="">${t("presets")}</option>
        ${Object.keys(presets).map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
      </select>`}
      ${inForce
        ? html`<button type="button" class="button quiet" onClick=${remove}>${t("removePreset")}</button>`
        : html`<button type="button" class="button quiet" onClick=${() => setNaming(true)}>${t("savePreset")}</button>`}
    </div>
  `;
}

/** Only what was turned: a control that comes later is in its first position. */
const changedOf = (controls) =>
  Object.fromEntries(Object.entries(controls).filter(([name, value]) => value !== NOTHING[name]));

const isSame = (one, other) => Object.keys(NOTHING).every((name) => one[name] === other[name]);
