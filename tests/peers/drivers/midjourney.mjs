// npm midjourney: its own options lead to the simulator.
import { PNG, check, control, given, job, jobs, load, picture, step } from "./report.mjs";

const { Midjourney } = load("midjourney");

const client = new Midjourney({
  SalaiToken: given.token,
  ServerId: given.guild,
  ChannelId: given.channel,
  DiscordBaseUrl: given.api.replace("/api/v9", ""),
  WsBaseUrl: `${given.gateway}/?encoding=json&v=9`,
  ApiInterval: 10,
  Ws: true,
});

const result = ({ content, progress }) => `${progress}: ${content}`;
const whole = async (message) => {
  check(message?.uri, "no picture");
  await picture(message.uri);
  return message;
};

await step("connect", () => client.Connect(), { seen: () => "ready" });
await step("settings", () => client.Settings(), { seen: (settings) => `${settings.options.length} options` });
await step("info", () => client.Info(), { seen: (info) => `${info.subscription}, ${info.jobMode}` });

const percents = [];
const grid = await step(
  "imagine with progress",
  async () => whole(await client.Imagine("a red fox in the snow", (uri, progress) => percents.push(progress))),
  { seen: (message) => `${message.progress} after ${percents.filter((one) => one.endsWith("%")).length} percentages` },
);
await step("progress was seen", async () => check(percents.some((one) => /^\d+%$/.test(one)), `only ${percents}`));
await step("the picture is the job's", async () => job(grid.hash), { seen: (found) => found.status });

const on = (message) => ({ msgId: message.id, hash: message.hash, flags: message.flags });
const upscaled = await step("U2", async () => whole(await client.Upscale({ index: 2, ...on(grid) })), { seen: result });
await step("V3", async () => whole(await client.Variation({ index: 3, ...on(grid) })), { seen: result });
await step("reroll", async () => whole(await client.Reroll(on(grid))), { seen: result });
await step("zoom out 2x", async () => whole(await client.ZoomOut({ level: "2x", ...on(upscaled) })), { seen: result });
await step("vary strong", async () => whole(await client.ZoomOut({ level: "high", ...on(upscaled) })), { seen: result });
await step(
  "custom zoom, a dialog",
  async () => {
    const button = upscaled.options.find((option) => option.custom.startsWith("MJ::CustomZoom"));
    const zoomed = await client.Custom({
      msgId: upscaled.id, flags: upscaled.flags, customId: button.custom, content: "a red fox in a forest --ar 1:1 --zoom 1.8",
    });
    await whole(zoomed);
    check((await job(zoomed.hash)).prompt.includes("a forest"), "the dialog's text is not the job's");
    return zoomed;
  },
  { seen: result },
);
await step(
  "remix V1, a dialog",
  async () => {
    await control("accounts", { account: 0, remix: true });
    client.config.Remix = true;
    try {
      const remixed = await whole(await client.Variation({ index: 1, ...on(grid), content: "a blue fox in the snow" }));
      check((await job(remixed.hash)).prompt.includes("blue"), "the dialog's text is not the job's");
      return remixed;
    } finally {
      client.config.Remix = false;
      await control("accounts", { account: 0, remix: false });
    }
  },
  { seen: result },
);
await step(
  "describe with upload",
  () => client.DescribeByBlob(new Blob([PNG], { type: "image/png" })),
  { seen: (described) => `${described.descriptions.length} descriptions, ${described.options.length} options` },
);
await step("shorten", () => client.Shorten("a very long prompt about a red fox in the deep white snow"), {
  seen: (short) => `${short.prompts.length} prompts, ${short.options.length} options`,
});
await step("relax and fast", async () => { await client.Relax(); await client.Fast(); });
await step("a refused prompt is told", async () => {
  try {
    await client.Imagine("a dog sim-invalid");
  } catch (error) {
    return error;
  }
  throw new Error("it was drawn");
}, { seen: (error) => error.message });

await step("imagine by history alone", async () => {
  const reader = new Midjourney({ ...client.config, Ws: false });
  return whole(await reader.Imagine("a lighthouse"));
}, { seen: result });
await step("every drawing was asked once", async () => {
  const all = await jobs();
  const nonces = all.map((one) => one.nonce);
  check(new Set(nonces).size === nonces.length, "a nonce twice");
  return `${all.length} jobs`;
});
client.Close();
process.exit(0);
