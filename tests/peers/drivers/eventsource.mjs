// npm eventsource: server-sent events, as a browser reads them.
import { api, check, given, loadModule, step } from "./report.mjs";

const { EventSource } = await loadModule("eventsource");
const withSecret = (url, init) => fetch(url, { ...init, headers: { ...init.headers, "mj-api-secret": given.secret } });
const opened = (source) =>
  new Promise((resolve, reject) => {
    source.addEventListener("open", () => resolve(source), { once: true });
    source.addEventListener("error", (error) => reject(new Error(`${error.code} ${error.message}`)), { once: true });
  });
const submit = (prompt) => api("/api/v1/trigger/submit", { method: "POST", body: { action: "IMAGINE", prompt } });

/** The events of one task until its end. */
function untilEnd(source, id, heard) {
  return new Promise((resolve) => {
    source.addEventListener("task", (event) => {
      const told = JSON.parse(event.data);
      if (told.taskId !== id()) return;
      heard.push(event);
      if (told.task.finishTime) resolve(told.task);
    });
  });
}

let last = "";
await step("all tasks, with the secret in a header", async () => {
  const source = await opened(new EventSource(`${given.service}/api/v1/events`, { fetch: withSecret }));
  const heard = [];
  let id = "";
  const ended = untilEnd(source, () => id, heard);
  id = (await submit("a red fox")).result;
  const task = await ended;
  last = heard[0].lastEventId;
  source.close();
  check(task.status === "SUCCESS", task.failReason);
  check(heard.every((event, index) => index === 0 || Number(event.lastEventId) > Number(heard[index - 1].lastEventId)), "ids do not rise");
  return heard;
}, { seen: (heard) => `${heard.length > 2 ? "several" : heard.length} events, the last one SUCCESS` });

await step("a ticket instead of the secret, from a last id on", async () => {
  const { ticket } = await api("/api/v1/events/ticket", { method: "POST" });
  const source = new EventSource(`${given.service}/api/v1/events?ticket=${ticket}&lastEventId=${last}`);
  const again = await new Promise((resolve) => source.addEventListener("task", resolve, { once: true }));
  source.close();
  check(Number(again.lastEventId) > Number(last), `${again.lastEventId} after ${last}`);
});

await step("one task; the stream ends with it, and coming back is answered 204", async () => {
  const { result } = await submit("a blue whale");
  const statuses = [];
  const source = new EventSource(`${given.service}/api/v1/tasks/${result}/events`, {
    fetch: async (url, init) => {
      const answer = await withSecret(url, init);
      statuses.push(`${answer.status}${init.headers["Last-Event-ID"] ? " with Last-Event-ID" : ""}`);
      return answer;
    },
  });
  const task = await untilEnd(source, () => result, []);
  check(task.status === "SUCCESS", task.failReason);
  while (source.readyState !== EventSource.CLOSED) await new Promise((resolve) => setTimeout(resolve, 50));
  check(statuses.at(-1).startsWith("204"), statuses.join(", "));
  return statuses;
}, { seen: (statuses) => statuses.join(", ") });

await step("without the secret it is refused and stays closed", async () => {
  const source = new EventSource(`${given.service}/api/v1/events`);
  const error = await new Promise((resolve) => source.addEventListener("error", resolve));
  check(source.readyState === EventSource.CLOSED, "it would come back");
  return error;
}, { seen: (error) => String(error.code) });
process.exit(0);
