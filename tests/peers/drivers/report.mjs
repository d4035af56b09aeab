// What every driver needs: what it was given, and the report of its steps as lines of JSON.
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";

export const given = JSON.parse(process.env.PEER);

// The packages live in a folder of their own, where `import` does not look.
const fromPackages = createRequire(given.packages + "/");
export const load = (name) => fromPackages(name);
export const loadModule = (name) => import(fromPackages.resolve(name));

/** Runs one step; returns what it returned, or undefined when it failed. `seen` makes a few words of the result. */
export async function step(name, work, { seen = (result) => String(result ?? "done"), seconds = 10 } = {}) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1000);
  });
  try {
    const result = await Promise.race([work(), late]);
    report(name, true, seen(result));
    return result;
  } catch (error) {
    report(name, false, String(error?.message ?? error));
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function report(name, works, seen) {
  appendFileSync(given.report, JSON.stringify({ step: name, works, seen: seen.replace(/\s+/g, " ").slice(0, 200) }) + "\n");
}

export function check(condition, otherwise) {
  if (!condition) throw new Error(otherwise);
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The simulator's own list of drawings. */
export async function jobs() {
  return (await fetch(given.control + "/jobs")).json();
}

export async function control(path, body) {
  const answer = await fetch(`${given.control}/${path}`, { method: "POST", body: JSON.stringify(body) });
  check(answer.ok, `control API: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

/** The job's status, kind and index as the simulator has them. */
export async function job(id) {
  const found = (await jobs()).find((one) => one.job_id === id);
  check(found, `the simulator has no job ${id}`);
  return found;
}

/** The bytes of a picture; fails unless it is one. */
export async function picture(url) {
  const answer = await fetch(url);
  const type = answer.headers.get("content-type") ?? "";
  check(answer.ok && type.startsWith("image/"), `${answer.status} ${type} for ${url}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** A small PNG of one colour (8 × 8). */
export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPYYqOBFTEMLQkAfV1GAYrfqaIAAAAASUVORK5CYII=",
  "base64",
);

/** `fetch` of the service with the secret. */
export async function api(path, { method = "GET", body, headers = {} } = {}) {
  const answer = await fetch(given.service + path, {
    method,
    headers: { "mj-api-secret": given.secret, ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    body: body && JSON.stringify(body),
  });
  return answer.json();
}
