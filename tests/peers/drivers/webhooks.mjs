// A receiver of webhooks that verifies with the class of a package.
import { createServer } from "node:http";
import { api, check, given, step } from "./report.mjs";

export async function verifies(Webhook) {
  const webhook = new Webhook(given.webhook_secret);
  const received = [];
  let arrived = () => {};
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      received.push({ body: Buffer.concat(parts).toString(), headers: request.headers });
      // The first attempt is refused, so that there is a second one.
      response.writeHead(received.length === 1 ? 503 : 204).end();
      arrived();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hook = `http://127.0.0.1:${server.address().port}/hook`;
  const until = async (count) => {
    while (received.length < count) await new Promise((resolve) => { arrived = resolve; });
    return received[count - 1];
  };
  const refused = (body, headers) => {
    try {
      webhook.verify(body, headers);
    } catch (error) {
      return error.message;
    }
    throw new Error("it was verified");
  };

  const { result } = await step("submit with notifyHook", () =>
    api("/api/v1/trigger/submit", { method: "POST", body: { action: "IMAGINE", prompt: "a red fox", notifyHook: hook } }), {
    seen: (answer) => answer.result,
  });
  await step("the end is verified", async () => {
    const { body, headers } = await until(1);
    webhook.verify(body, headers);
    const task = JSON.parse(body);
    check(task._id === result && task.status === "SUCCESS", body);
    return task;
  }, { seen: (task) => `${task.action} ${task.status}` });
  await step("the second attempt, of the same id, is verified", async () => {
    const { body, headers } = await until(2);
    check(headers["webhook-id"] === received[0].headers["webhook-id"], "another webhook-id");
    webhook.verify(body, headers);
  }, { seconds: 12 });
  const [{ body, headers }] = received;
  await step("a changed body is refused", async () => refused(body.replace("SUCCESS", "FAILURE"), headers));
  await step("an old timestamp is refused", async () =>
    refused(body, { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) - 600) }));
  await step("another secret is refused", async () => {
    const other = new Webhook("whsec_" + Buffer.from("somebody else's secret, 32 bytes").toString("base64"));
    try {
      other.verify(body, headers);
    } catch (error) {
      return error.message;
    }
    throw new Error("it was verified");
  });
  server.close();
  process.exit(0);
}
