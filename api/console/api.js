/**
 * The service as functions: one for each thing that the page asks of it.
 *
 * Contract: the only file that knows addresses. Every failure leaves it as a `Refusal` with words for people; nothing here
 * knows how it is shown.
 */

import { secretOf } from "./secrets.js";

/** Why a request was not answered as wished. `status` 0: the service was not reached. */
export class Refusal extends Error {
  /** @param {number} status @param {string} message @param {"api" | "admin"} [as] whose secret was sent */
  constructor(status, message, as = "api") {
    super(message);
    this.status = status;
    this.as = as;
  }
}

const ACCEPTED = new Set([1, 22]);
export const MORE_NEEDED = 21;

/** @param {"api" | "admin"} [which] */
export function headersOf(which = "api") {
  const secret = (which === "admin" && secretOf("admin")) || secretOf("api");
  return secret ? { "mj-api-secret": secret } : {};
}

/**
 * @param {string} path
 * @param {{body?: unknown, method?: string, as?: "api" | "admin", key?: string}} [how] a body makes it a POST; `key`:
 *   the same request with the same key is done once
 */
async function ask(path, { body, method, as = "api", key = "" } = {}) {
  const headers = { ...headersOf(as), ...(key && { "Idempotency-Key": key }) };
  const sends = body !== undefined;
  if (sends) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method: method ?? (sends ? "POST" : "GET"),
      headers,
      body: sends ? JSON.stringify(body) : undefined,
      cache: "no-store",
      credentials: "omit",
    });
  } catch {
    throw new Refusal(0, "");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refusal(response.status, wordsOf(answer) || `HTTP ${response.status}`, as);
  return answer;
}

function wordsOf(answer) {
  const words = answer?.description ?? answer?.message ?? answer?.error;
  return typeof words === "string" ? words : "";
}

/** A submit of `/mj`: HTTP 200 whatever happened, so the code decides. */
async function submit(path, body, { method = "POST", key = "" } = {}) {
  const answer = await ask(path, { body, method, key });
  if (ACCEPTED.has(answer?.code) || answer?.code === MORE_NEEDED) return answer;
  throw new Refusal(200, wordsOf(answer));
}

const id = encodeURIComponent;

/** @type {Record<string, string>} a mode of the composer -> where such a task is submitted */
const PREFIXES = { fast: "/mj-fast/mj", relax: "/mj-relax/mj", turbo: "/mj-turbo/mj" };

/**
 * @param {"imagine" | "describe" | "blend" | "shorten" | "video"} kind
 * @param {object} body
 * @param {string} speed "" as the account is set
 * @param {string} key of this wish: sent again with it after a lost answer, it is paid once
 */
export const draw = (kind, body, speed, key) => submit(`${PREFIXES[speed] ?? "/mj"}/submit/${kind}`, body, { key });

/** Puts pictures at Discord. @param {string[]} pictures data URLs @returns {Promise<{result: string[]}>} their links */
export const upload = (pictures) => submit("/mj/submit/upload-discord-images", { base64Array: pictures });

export const press = (taskId, customId, key) => submit("/mj/submit/action", { taskId, customId }, { key });
export const answerDialog = (body) => submit("/mj/submit/modal", body);
export const cancel = (taskId) => submit(`/mj/task/${id(taskId)}/cancel`, {});
export const seedOf = (taskId) => submit(`/mj/task/${id(taskId)}/image-seed`, undefined, { method: "GET" });

export const fetchTask = (taskId) => ask(`/mj/task/${id(taskId)}/fetch`);
export const queue = () => ask("/mj/task/queue");

/** @param {{limit: number, before?: string, status?: string}} which newest first */
export function list({ limit, before = "", status = "" }) {
  const query = new URLSearchParams({ limit: String(limit), ...(before && { before }), ...(status && { status }) });
  return ask(`/mj/task/list?${query}`);
}

/**
 * Among all tasks. @param {{text: string, status: string, action: string, limit: number, before?: string}} which
 * @returns {Promise<{total: number, tasks: object[]}>} newest first
 */
export function search({ text, status, action, limit, before = "" }) {
  const given = { q: text, status, action, before };
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  return ask(`/api/v1/tasks?${new URLSearchParams({ ...asked, limit: String(limit), shape: "mj" })}`);
}

export const timeline = (taskId) => ask(`/api/v1/tasks/${id(taskId)}/timeline`);
export const accounts = () => ask("/mj/account/list");
export const health = () => ask("/health");

export const settings = () => ask("/api/v1/settings", { as: "admin" });
export const facts = () => ask("/api/v1/facts", { as: "admin" });
/** @param {{from: number, to: number}} period ms */
export const statistics = (period) => ask(`/api/v1/statistics?${new URLSearchParams(period)}`, { as: "admin" });
export const testAlert = () => ask("/api/v1/alerts/test", { body: {}, as: "admin" });
export const deliveries = () => ask("/api/v1/deliveries", { as: "admin" });
export const retryDelivery = (delivery) => ask(`/api/v1/deliveries/${id(delivery)}/retry`, { body: {}, as: "admin" });
export const retryTask = (taskId) => ask(`/api/v1/tasks/${id(taskId)}/retry`, { body: {}, as: "admin" });
export const adoptTask = (taskId, body) => ask(`/api/v1/tasks/${id(taskId)}/adopt`, { body, as: "admin" });

/** @param {{guildId: string, channelId: string, token: string}} account */
export const addAccount = (account) => ask("/api/v1/accounts", { body: account, as: "admin" });
export const pauseAccount = (account) => ask(`/api/v1/accounts/${id(account)}/pause`, { body: {}, as: "admin" });
export const resumeAccount = (account) => ask(`/api/v1/accounts/${id(account)}/resume`, { body: {}, as: "admin" });

export const EVENTS = "/api/v1/events?shape=mj";
