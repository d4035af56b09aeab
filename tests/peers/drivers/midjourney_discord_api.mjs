// npm midjourney-discord-api: its commands' versions, its hosts and its session are fixed.
import { PNG, check, control, given, load, picture, step } from "./report.mjs";

const { default: Midjourney } = load("midjourney-discord-api");

const unhurried = { waitForAccess: async () => {} };
// The form of a copied `fetch`.
const copied = `{"authorization": "${given.token}", "guild_id":"${given.guild}", "channel_id":"${given.channel}"}`;

const open = () => new Midjourney(copied, { pWall: unhurried });
const polling = open();
const words = (message) => message.content;
const whole = async (message) => {
  await picture(message.attachments[0].url);
  return message;
};

await step("history", () => polling.getMessages(), { seen: (messages) => `${messages.length} messages` });
await step("settings", () => polling.settings(), { seen: (status) => `status ${status}` });
await step("relax and fast", async () => `${await polling.relax()} ${await polling.fast()}`);
const percents = [];
await step("imagine by history", async () =>
  whole(await polling.imagine("a red fox in the snow", (percent) => percents.push(percent))), { seen: words, seconds: 15 });

const live = open();
await step("connect", () => live.connectWs(), { seen: () => "connected" });
const grid = await step("imagine with progress", async () =>
  whole(await live.imagine("a blue whale", (percent) => percents.push(percent))), { seen: words });
await step("progress was seen", async () => {
  const seen = percents.filter((one) => one > 0 && one < 1);
  check(seen.length > 0, `only ${percents}`);
  return `${seen.length} percentages`;
});
// It takes any answer to the grid for the reroll's, so this is the first.
await step("reroll", async () => whole(await grid.reroll(() => {})), { seen: words });
await step("U2", async () => whole(await grid.upscale(2, () => {})), { seen: words });
await step("V3", async () => whole(await grid.variant(3, () => {})), { seen: words });
await step("describe with upload", () => live.describeImage("dog.png", PNG, "image/png", () => {}), {
  seen: (prompts) => `${prompts.length} prompts`,
});
await step("blend", async () =>
  whole(await live.blend([{ filename: "one.png", imageData: PNG }, { filename: "two.png", imageData: PNG }], "1:1", () => {})), {
  seen: words,
});
await step("a command of today's version", async () => {
  await control("settings", { versions: "new" });
  return polling.settings();
});
live.close();
process.exit(0);
