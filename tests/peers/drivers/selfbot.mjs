// npm discord.js-selfbot-v13: a general Discord client, which gives commands and presses buttons.
import { PNG, check, control, given, load, picture, step } from "./report.mjs";

const { Client } = load("discord.js-selfbot-v13");
const MIDJOURNEY = "936929561302675456";

const client = new Client();
client.on("error", (error) => console.error(error));
process.on("unhandledRejection", (error) => console.error("unhandled", error));
let channel;

/** The next event that fits; the search begins before the work, so that nothing is missed. */
async function during(work, events, fits, seconds = 9) {
  let heard;
  const found = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${events} within ${seconds} s`)), seconds * 1000);
    heard = (first, second) => {
      const value = second ?? first;
      if (!fits(value)) return;
      clearTimeout(timer);
      resolve(value);
    };
    for (const event of events.split(" ")) client.on(event, heard);
  });
  found.catch(() => {});
  try {
    await work();
    return await found;
  } finally {
    for (const event of events.split(" ")) client.off(event, heard);
  }
}

const buttons = (message) => message.components.flatMap((row) => row.components);
const button = (message, wanted) => {
  const found = buttons(message).find((one) => one.customId?.startsWith(wanted));
  check(found, `no button ${wanted} among ${buttons(message).map((one) => one.customId)}`);
  return found.customId;
};
const finished = (words) => (message) =>
  message.author.id === MIDJOURNEY && message.attachments.size > 0 && message.components.length > 0
  && !message.content.includes("%)") && !message.content.includes("(Waiting to start)") && words(message.content);
const whole = async (message) => {
  await picture(message.attachments.first().url);
  return message;
};
const words = (message) => message.content;
const press = (message, id, fits) =>
  during(() => message.clickButton(button(message, id)), "messageCreate", finished(fits)).then(whole);

await step("log in", async () => {
  const ready = new Promise((resolve) => client.once("ready", resolve));
  await client.login(given.token);
  await ready;
  channel = client.channels.cache.get(given.channel);
  check(channel, "the channel is not in the cache");
}, { seen: () => `${client.user.username}, ${client.guilds.cache.size} guild`, seconds: 20 });

await step("the channel, fetched", () => client.channels.fetch(given.channel, { force: true }), { seen: (one) => one.name });
await step("send, reply, edit, delete a message", async () => {
  const sent = await channel.send({ content: "hello", nonce: "1234567890123456789" });
  const reply = await sent.reply("and hello again");
  check(reply.reference?.messageId === sent.id, "the reply has lost its reference");
  const edited = await sent.edit("hello, edited");
  check(edited.content === "hello, edited", edited.content);
  await reply.delete();
  return sent;
}, { seen: () => "4 requests" });
await step("typing, reactions", async () => {
  await channel.sendTyping();
  const [message] = [...(await channel.messages.fetch({ limit: 1 })).values()];
  await message.react("👍");
  await message.reactions.cache.first()?.users.remove(client.user.id);
});
await step("send a picture", () => channel.send({ files: [{ attachment: PNG, name: "dog.png" }] }).then(whole), {
  seen: (message) => message.attachments.first().name,
});

await step("a command's answer by its nonce: info", () => channel.sendSlash(MIDJOURNEY, "info"), {
  seen: (message) => message.embeds[0]?.title ?? `flags ${message.flags.bitfield}`,
});
const percents = [];
client.on("messageUpdate", (_, message) => {
  const percent = /\((\d+)%\)/.exec(message.content ?? "");
  if (percent) percents.push(percent[1]);
});
const grid = await step("imagine", () =>
  during(() => channel.sendSlash(MIDJOURNEY, "imagine", "a red fox in the snow"), "messageCreate",
    finished((content) => content.includes("a red fox"))).then(whole), { seen: words });
await step("progress was seen", async () => {
  check(percents.length > 0, "no percentage");
  return percents.length;
}, { seen: (count) => `${count} percentages` });
const upscaled = await step("U2", () => press(grid, "MJ::JOB::upsample::2", (content) => content.includes("Image #2")), { seen: words });
await step("V3", () => press(grid, "MJ::JOB::variation::3", (content) => content.includes("Variations")), { seen: words });
await step("reroll", () => press(grid, "MJ::JOB::reroll", (content) => content.includes("a red fox")), { seen: words });
await step("zoom out 2x", () => press(upscaled, "MJ::Outpaint::50", (content) => content.includes("Zoom Out")), { seen: words });
await step("custom zoom, a dialog", () =>
  during(async () => {
    const modal = await upscaled.clickButton(button(upscaled, "MJ::CustomZoom"));
    check(!modal.isMessage, "no dialog came");
    modal.components[0].components[0].setValue("a fox in a forest --ar 1:1 --zoom 1.8");
    modal.reply().catch((error) => console.error(error));
  }, "messageCreate", finished((content) => content.includes("a fox in a forest"))).then(whole), { seen: words });
const described = await step("describe with upload", () =>
  during(() => channel.sendSlash(MIDJOURNEY, "describe", { attachment: PNG, name: "dog.png" }), "messageCreate messageUpdate",
    (message) => message.embeds?.length > 0 && message.components.length > 0), {
  seen: (message) => `${message.embeds[0].description.split("\n\n").length} descriptions`,
});
await step("blend", () =>
  during(() => channel.sendSlash(MIDJOURNEY, "blend", { attachment: PNG, name: "one.png" }, { attachment: PNG, name: "two.png" }),
    "messageCreate", finished((content) => (content.match(/s\.mj\.run/g) ?? []).length >= 2)).then(whole), { seen: words });
await step("history", () => channel.messages.fetch({ limit: 20 }), { seen: (messages) => `${messages.size} messages` });
await step("resume after a cut", async () => {
  const resumed = new Promise((resolve) => client.once("shardResume", (_, replayed) => resolve(replayed)));
  await control("faults", { kind: "abort_gateway" });
  const replayed = await resumed;
  return during(() => channel.sendSlash(MIDJOURNEY, "imagine", "a green frog"), "messageCreate",
    finished((content) => content.includes("a green frog"))).then(() => replayed);
}, { seen: (replayed) => `${replayed} events replayed, and drawn afterwards`, seconds: 20 });
client.destroy();
process.exit(0);
