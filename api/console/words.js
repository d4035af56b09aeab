/**
 * An answer in words, as rows: each text can be drawn as it is, or taken into the composer.
 *
 * Contract: "Draw" presses MidJourney's own button of that number; where it has none, the text is only to be edited.
 */

import { useText } from "./again.js";
import { readWords } from "./answered.js";
import { html, useState } from "./htm_preact.js";
import { t } from "./texts.js";
import { press } from "./work.js";

/** @param {{task: object, words: string, onDone: () => void}} props */
export function Words({ task, words, onDone }) {
  const { texts, words: weighed, notes } = readWords(words);
  return html`
    <div class="answer">
      ${weighed.length > 0 &&
      html`<p class="weighed" dir="auto">
        ${weighed.map(
          ({ text, weight }, index) => html`<span key=${index} class=${weight}>${text}</span> `,
        )}
      </p>`}
      ${texts.length > 0 &&
      html`<ol class="texts" aria-label=${t("texts")}>
        ${texts.map(
          ({ number, text }) => html`<${Row} key=${number} task=${task} number=${number} text=${text} onDone=${onDone} />`,
        )}
      </ol>`}
      ${notes.map((note) => html`<p key=${note} dir="auto">${note}</p>`)}
    </div>
  `;
}

function Row({ task, number, text, onDone }) {
  const [isPressed, setPressed] = useState(false);
  const button = buttonOf(task, number);
  const onDraw = async () => {
    if (isPressed) return;
    setPressed(true);
    await press(task, button);
    setPressed(false);
  };
  return html`
    <li class="text-row">
      <span class="text-number" aria-hidden="true">${number}</span>
      <span class="grow" dir="auto">${text}</span>
      <span class="text-actions">
        ${button &&
        html`<button
          type="button"
          class="button small"
          aria-label=${t("drawTextN", { n: number })}
          aria-busy=${isPressed}
          data-custom-id=${button.customId}
          onClick=${onDraw}
        >
          ${t("doimagine")}
        </button>`}
        <button
          type="button"
          class="button small"
          aria-label=${t("editTextN", { n: number })}
          onClick=${() => {
            useText(text);
            onDone();
          }}
        >
          ${t("edit")}
        </button>
      </span>
    </li>
  `;
}

const buttonOf = (task, number) =>
  task.buttons.find(({ customId }) => customId.match(/^MJ::Job::(?:PicReader|PromptAnalyzer)::(\d)$/)?.[1] === number);
