/**
 * A note on messages and buttons of MidJourney that the service did not understand, and how to report them.
 *
 * Contract: it counts learned facts, which only the operator may read; nobody else sees the note.
 */

import { html, useEffect, useState } from "./htm_preact.js";
import { facts } from "./api.js";
import { secretOf } from "./secrets.js";
import { t } from "./texts.js";

const UNKNOWN = new Set(["unknown_button", "unknown_message"]);

export function NotUnderstood() {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (!secretOf("admin")) return;
    facts()
      .then((known) => setCount(known.facts.filter((fact) => UNKNOWN.has(fact.kind)).length))
      .catch(() => setCount(0));
  }, []);
  if (!count) return null;
  return html`<p class="notice warn">${t("notUnderstood", { n: count })} <code>python run.py doctor --report report.jsonl</code></p>`;
}
