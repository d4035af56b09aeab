/**
 * What happened to a task, line by line.
 *
 * Contract: read when it is opened, and again when the task has changed meanwhile; the words are the service's.
 */

import { html, useEffect, useState } from "./htm_preact.js";
import { timeline } from "./api.js";
import { exactClock, t, told } from "./texts.js";
import { attempt } from "./work.js";

/** @param {{task: object}} props */
export function History({ task }) {
  const [isOpen, setOpen] = useState(false);
  const [lines, setLines] = useState(null);
  const [refusal, setRefusal] = useState("");
  useEffect(() => {
    if (!isOpen) return undefined;
    let isWanted = true;
    attempt(() => timeline(task.id), setRefusal).then((answer) => {
      if (answer && isWanted) setLines(answer.lines);
    });
    return () => {
      isWanted = false;
    };
  }, [isOpen, task.id, task.status, task.progress]);
  return html`
    <details class="folded" onToggle=${(event) => setOpen(event.target.open)}>
      <summary>${t("timeline")}</summary>
      ${refusal && html`<p class="error" role="alert">${refusal}</p>`}
      ${lines &&
      html`<ol class="timeline">
        ${lines.map(
          (line) => html`
            <li key=${line.id}>
              <time datetime=${new Date(line.time).toISOString()}>${exactClock(line.time)}</time>
              <span>
                <strong>${told("kind_", line.kind)}</strong>
                <span class="timeline-detail">${detailOf(line.detail)}</span>
              </span>
            </li>
          `,
        )}
      </ol>`}
    </details>
  `;
}

function detailOf(detail) {
  return Object.entries(detail ?? {})
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");
}
