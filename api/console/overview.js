/**
 * The operator's first look: what was drawn in a period, and how the service stands.
 *
 * Contract: every figure is the service's own, of one request. A chart has a text that says the same; colours repeat what
 * the words beside them say.
 */

import { html, useEffect, useState } from "./htm_preact.js";
import { statistics } from "./api.js";
import { clock, duration, locale, t, told } from "./texts.js";
import { attempt } from "./work.js";

const PERIODS = ["today", "yesterday", "days30"];
const KINDS = { succeeded: "statusSUCCESS", failed: "statusFAILURE", cancelled: "statusCANCEL" };
const HEIGHT = 100;
const MOST_ROWS = 8;

export function Overview() {
  const [period, setPeriod] = useState("days30");
  const [figures, setFigures] = useState(null);
  const [refusal, setRefusal] = useState("");
  const load = async () => {
    setRefusal("");
    const found = await attempt(() => statistics(rangeOf(period, new Date())), setRefusal);
    if (found) setFigures(found);
  };
  useEffect(() => {
    load();
  }, [period]);
  return html`
    <section class="stack" aria-labelledby="overview-title">
      <div class="row overview-head">
        <h2 id="overview-title" class="section-title grow">${t("overview")}</h2>
        <${Periods} value=${period} onChange=${setPeriod} />
        <button type="button" class="button" onClick=${load}>${t("readAgain")}</button>
      </div>
      ${refusal && html`<p class="error" role="alert">${refusal}</p>`}
      ${figures && html`<${Figures} ...${figures} /><${Chart} ...${figures} /><${Shares} ...${figures} /><${Machine} ...${figures} />`}
    </section>
  `;
}

/** By this browser's days. @returns {{from: number, to: number}} ms */
function rangeOf(period, now) {
  const midnight = (ago) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - ago).getTime();
  if (period === "yesterday") return { from: midnight(1), to: midnight(0) };
  return { from: midnight(period === "today" ? 0 : 29), to: now.getTime() + 1 };
}

function Periods({ value, onChange }) {
  return html`
    <div class="segments" role="radiogroup" aria-label=${t("period")}>
      ${PERIODS.map(
        (name) => html`
          <label class="segment" key=${name}>
            <input type="radio" name="period" checked=${value === name} onChange=${() => onChange(name)} />
            <span>${t(name)}</span>
          </label>
        `,
      )}
    </div>
  `;
}

function Figures({ succeeded, failed, cancelled, successRate, seconds, waiting, oldestSeconds }) {
  const shown = [
    ["statusSUCCESS", count(succeeded), t("failedAndCancelled", { failed: count(failed), cancelled: count(cancelled) })],
    ["successRate", successRate === null ? "–" : percent(successRate), ""],
    ["medianTime", timeOf(seconds.p50), seconds.p95 === null ? "" : t("p95", { time: timeOf(seconds.p95) })],
    ["waitingNow", count(waiting), waiting ? t("oldestSince", { time: timeOf(oldestSeconds) }) : ""],
  ];
  return html`
    <dl class="figures">
      ${shown.map(
        ([name, value, note]) => html`
          <div class="figure" key=${name}>
            <dt>${t(name)}</dt>
            <dd><strong>${value}</strong>${note && html`<span class="soft">${note}</span>`}</dd>
          </div>
        `,
      )}
    </dl>
  `;
}

function Chart({ series, stepHours, succeeded, failed, cancelled }) {
  const most = Math.max(1, ...series.map((part) => part.succeeded + part.failed + part.cancelled));
  const label = t("chart", { succeeded: count(succeeded), failed: count(failed), cancelled: count(cancelled) });
  return html`
    <figure class="chart">
      <div class="row soft">
        ${Object.entries(KINDS).map(
          ([kind, text]) => html`<span class="legend" key=${kind}><i class="is-${kind}" aria-hidden="true"></i>${t(text)}</span>`,
        )}
        <span class="chart-most">${t("mostIn", { n: count(most), step: t(stepHours === 1 ? "perHour" : "perDay") })}</span>
      </div>
      <svg viewBox="0 0 ${series.length * 10} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
        ${series.map((part, index) => html`<${Bar} key=${part.start} part=${part} x=${index * 10} most=${most} step=${stepHours} />`)}
      </svg>
      <figcaption class="row soft">
        <span class="grow">${partName(series[0].start, stepHours)}</span><span>${partName(series.at(-1).start, stepHours)}</span>
      </figcaption>
    </figure>
  `;
}

function Bar({ part, x, most, step }) {
  let top = HEIGHT;
  const name = t("chart", part);
  return html`<g>
    <title>${partName(part.start, step)}: ${name}</title>
    <rect class="is-empty" x=${x} y="0" width="10" height=${HEIGHT} />
    ${Object.keys(KINDS).map((kind) => {
      const height = (part[kind] / most) * HEIGHT;
      top -= height;
      return part[kind] > 0 && html`<rect key=${kind} class="is-${kind}" x=${x + 1.5} y=${top} width="7" height=${height} />`;
    })}
  </g>`;
}

function Shares({ byAction, byMode, byAccount, bySecret, failures }) {
  const known = (text) => (name) => name ? text(name) : t("unknown");
  return html`
    <div class="cards">
      <${Share} title="byAction" counts=${byAction} nameOf=${known((name) => told("action", name))} />
      <${Share} title="byMode" counts=${byMode} nameOf=${known((name) => told("mode_", name))} />
      <${Share} title="byAccount" counts=${byAccount} nameOf=${(name) => name} />
      <${Share} title="bySecret" counts=${bySecret} nameOf=${(name) => name || t("unnamedSecret")} />
      <${Share} title="failures" counts=${failures} nameOf=${known((name) => told("fail_", name))} isBad>
        <a href="#/?status=FAILURE">${t("listFailures")}</a>
      <//>
    </div>
  `;
}

function Share({ title, counts, nameOf, isBad = false, children }) {
  const all = Object.entries(counts);
  if (!all.length) return null;
  const most = Math.max(...all.map(([, n]) => n));
  const rest = all.slice(MOST_ROWS).reduce((sum, [, n]) => sum + n, 0);
  return html`
    <section class="card" aria-labelledby="share-${title}">
      <h3 id="share-${title}" class="card-title">${t(title)}</h3>
      <dl class="shares ${isBad ? "is-bad" : ""}">
        ${all.slice(0, MOST_ROWS).map(
          ([name, n]) => html`
            <div key=${name}>
              <dt>${nameOf(name)}</dt>
              <dd>${count(n)}</dd>
              <i aria-hidden="true" style=${{ width: `${Math.max(1, (n / most) * 100)}%` }}></i>
            </div>
          `,
        )}
        ${rest > 0 && html`<div><dt>${t("others")}</dt><dd>${count(rest)}</dd></div>`}
      </dl>
      ${children}
    </section>
  `;
}

function Machine({ disk, archive, lastBackup, version }) {
  const copies = t("copies", { n: count(archive.stored), size: bytes(archive.bytes) });
  const shown = {
    disk: disk.total === null ? "–" : t("diskFree", { free: bytes(disk.free), total: bytes(disk.total) }),
    database: bytes(disk.database),
    archive: archive.givenUp ? `${copies} · ${t("copiesGivenUp", { n: count(archive.givenUp) })}` : copies,
    lastBackup: lastBackup ? clock(lastBackup) : disk.total === null ? "–" : t("never"),
    version,
  };
  return html`
    <dl class="facts wide-names">
      ${Object.entries(shown).map(([name, value]) => html`<dt key=${name}>${told("machine_", name)}</dt><dd>${value}</dd>`)}
    </dl>
  `;
}

const count = (n) => new Intl.NumberFormat(locale()).format(n);
const percent = (part) => new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(part);
const timeOf = (seconds) => (seconds === null ? "–" : duration(seconds * 1000));

function bytes(n) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(units.length - 1, Math.floor(Math.log(Math.max(1, n)) / Math.log(1000)));
  const how = { style: "unit", unit: units[power], maximumFractionDigits: power > 2 ? 1 : 0 };
  return new Intl.NumberFormat(locale(), how).format(n / 1000 ** power);
}

function partName(start, step) {
  const how = step === 1 ? { timeStyle: "short" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale(), how).format(start);
}
