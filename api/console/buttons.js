/**
 * A result's buttons -> groups as they are shown. Pure.
 *
 * Contract: every button of the document is shown once, and pressed by its own custom id. Known ones get their group and a
 * name in the page's languages; unknown ones stand last, under MidJourney's own words.
 */

/** @typedef {{customId: string, label: string, emoji: string, style: number}} Button */

/** Group, custom id, key of its name; the first that fits counts. `$1` is the picture's number. */
const KNOWN = [
  ["upscale", /^MJ::JOB::(?:upsample|video_virtual_upscale)::(\d)::/, "upscaleN"],
  ["vary", /^MJ::JOB::variation::(\d)::/, "varyN"],
  ["again", /^MJ::JOB::reroll::/, "reroll"],
  ["enlarge", /^MJ::JOB::upsample_.*subtle/, "upscaleSubtle"],
  ["enlarge", /^MJ::JOB::upsample_.*creative/, "upscaleCreative"],
  ["enlarge", /^MJ::JOB::upsample_/, ""],
  ["change", /^MJ::JOB::low_variation::/, "varySubtle"],
  ["change", /^MJ::JOB::high_variation::/, "varyStrong"],
  ["change", /^MJ::Inpaint::/, "varyRegion"],
  ["zoom", /^MJ::Outpaint::50::/, "zoom2"],
  ["zoom", /^MJ::Outpaint::75::/, "zoom15"],
  ["zoom", /^MJ::CustomZoom::/, "zoomCustom"],
  ["zoom", /^MJ::Outpaint::100::/, "makeSquare"],
  ["zoom", /^MJ::Outpaint::/, ""],
  ["pan", /^MJ::JOB::pan_left::/, "panLeft"],
  ["pan", /^MJ::JOB::pan_right::/, "panRight"],
  ["pan", /^MJ::JOB::pan_up::/, "panUp"],
  ["pan", /^MJ::JOB::pan_down::/, "panDown"],
  ["animate", /^MJ::JOB::animate_high::/, "animateHigh"],
  ["animate", /^MJ::JOB::animate_low::/, "animateLow"],
  ["animate", /^MJ::JOB::video::.*::high::manual/, "animateHighManual"],
  ["animate", /^MJ::JOB::video::.*::low::manual/, "animateLowManual"],
  ["animate", /^MJ::JOB::animate_high_extend::/, "extendHigh"],
  ["animate", /^MJ::JOB::animate_low_extend::/, "extendLow"],
  ["words", /^MJ::Job::PicReader::(\d)$/, "drawTextN"],
  ["words", /^MJ::Job::PicReader::all$/, "drawAllTexts"],
  ["words", /^MJ::Picread::Retry$/, "describeAgain"],
  ["words", /^MJ::Job::PromptAnalyzer::(\d)$/, "drawTextN"],
  ["other", /^MJ::BOOKMARK::/, "favourite"],
];

export const GROUPS = ["upscale", "vary", "again", "enlarge", "change", "zoom", "pan", "animate", "words", "other"];

/** Groups whose buttons are told apart by their number or arrow alone. */
const SHORT = { upscale: "U", vary: "V", words: "" };

/**
 * @param {Button[]} buttons
 * @returns {{group: string, buttons: {customId: string, group: string, name: string, number: string, short: string,
 *            words: string, emoji: string}[]}[]} without empty groups
 */
export function grouped(buttons) {
  const known = buttons.map(describe);
  return GROUPS.map((group) => ({ group, buttons: known.filter((button) => button.group === group) })).filter(
    (each) => each.buttons.length,
  );
}

/** @param {Button} button */
function describe(button) {
  const emoji = /^[\w~]+:\d+$/.test(button.emoji) ? "" : button.emoji; // one of a guild: a picture we do not have
  const words = button.label.replace(/\u200b/g, "").trim();
  for (const [group, pattern, name] of KNOWN) {
    const found = pattern.exec(button.customId);
    if (found) {
      const number = found[1] ?? "";
      const short = number && group in SHORT ? `${SHORT[group]}${number}` : "";
      return { customId: button.customId, group, name, number, short, words, emoji };
    }
  }
  return { customId: button.customId, group: "other", name: "", number: "", short: "", words, emoji };
}
