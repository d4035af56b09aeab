// npm uniai: a client of the midjourney-proxy contract.
import { statSync } from "node:fs";
import { check, given, load, sleep, step } from "./report.mjs";

const { default: UniAI } = load("uniai");
const client = new UniAI({ MidJourney: { proxy: given.service, token: given.secret } });

async function ended(id) {
  for (;;) {
    const [task] = await client.task("midjourney", id);
    if (task.progress === 100 || task.fail) return task;
    await sleep(100);
  }
}
const seen = (task) => `${task.type} ${task.progress} % ${task.info}`.trim();
const whole = (task) => {
  check(!task.fail, `failed: ${task.fail}`);
  check(statSync(task.imgs[0]).size > 100, "no picture on disk");
  return task;
};

const drawn = await step("imagine", () => client.imagine("a red fox in the snow", { provider: "midjourney", width: 1024, height: 512 }), {
  seen: (answer) => `task ${answer.taskId}`,
});
await step("task, until it ends", async () => whole(await ended(drawn.taskId)), { seen });
for (const [name, action, index] of [["U2", "UPSCALE", 2], ["V3", "VARIATION", 3], ["reroll", "REROLL", undefined]]) {
  await step(name, async () => {
    const answer = await client.change("midjourney", drawn.taskId, action, index);
    return whole(await ended(answer.taskId));
  }, { seen });
}
await step("the list of tasks", () => client.task("midjourney"), { seen: (tasks) => `${tasks.length > 0 ? "some" : "no"} tasks` });
await step("a refusal is told", async () => {
  try {
    await client.imagine("a {red, green} dog", { provider: "midjourney" });
  } catch (error) {
    return error;
  }
  throw new Error("it was taken");
}, { seen: (error) => error.message });
process.exit(0);
