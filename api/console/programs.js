/**
 * How a program draws: the first calls, ready to be pasted.
 *
 * Contract: the secret is never shown; its place is.
 */

import { html } from "./htm_preact.js";
import { secretOf } from "./secrets.js";
import { t } from "./texts.js";

const ROUTES = [
  ["/mj/submit/imagine …", "routeMj"],
  ["/api/v1/trigger/submit", "routeSubmit"],
  ["/api/v1/task/fetch?_id=…", "routeFetch"],
  ["/api/v1/task/list", "routeList"],
  ["/api/v1/events", "routeEvents"],
  ["/docs", "routeDocs"],
  ["/health", "routeHealth"],
];

export function Programs() {
  const base = location.origin;
  const secret = secretOf("api") ? ' \\\n  -H "mj-api-secret: $API_SECRET"' : "";
  const body = '{"prompt":"a red fox in the snow"}';
  const json = "-H 'Content-Type: application/json'";
  return html`
    <section class="page" aria-labelledby="programs-title">
      <h1 id="programs-title" class="page-title">${t("programs")}</h1>
      <p class="soft">${t("programsWhy")}</p>
      <h2 class="section-title">${t("programDraw")}</h2>
      <pre class="code" tabindex="0"><code>${`curl '${base}/mj/submit/imagine'${secret} \\\n  ${json} \\\n  -d '${body}'`}</code></pre>
      <h2 class="section-title">${t("programLook")}</h2>
      <pre class="code" tabindex="0"><code>${`curl '${base}/mj/task/<result>/fetch'${secret}`}</code></pre>
      <h2 class="section-title">${t("programRoutes")}</h2>
      <dl class="facts wide-names">
        ${ROUTES.map(([path, text]) => html`<dt key=${path}><code>${path}</code></dt><dd>${t(text)}</dd>`)}
      </dl>
    </section>
  `;
}
