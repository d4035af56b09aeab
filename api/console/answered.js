/**
 * MidJourney's answers in words -> what is said in them. Pure.
 *
 * Contract: Discord's marks are read, never shown. A text keeps the number by which its button is known; what has no known
 * form is a note, in the order it came.
 */

/** @typedef {{text: string, weight: "strong" | "weak" | ""}} Word of a prompt that was weighed */

const NUMBERED = /^\s*(?:(\d)\uFE0F?\u20E3|(\d{1,2})[.)])\s+(.+)$/u;
const LINKED = /\[([^\]]+)\]\(<?https?:\/\/[^)\s]+>?\)/g;

/**
 * @param {string} answer
 * @returns {{texts: {number: string, text: string}[], words: Word[], notes: string[]}}
 */
export function readWords(answer) {
  const texts = [];
  const words = [];
  const notes = [];
  for (const line of answer.split("\n").map((each) => each.trim())) {
    const found = NUMBERED.exec(line);
    if (found) texts.push({ number: found[1] ?? found[2], text: plain(found[3]) });
    else if (/\*\*.+\*\*|~~.+~~/.test(line)) words.push(...weighed(line));
    else if (line && !line.startsWith("#")) notes.push(plain(line));
  }
  return { texts, words, notes };
}

/** @param {string} text with Discord's marks @returns {string} without */
export const plain = (text) =>
  text
    .replace(LINKED, "$1")
    .replace(/\*\*|~~|__/g, "")
    .trim();

function weighed(line) {
  const parts = line.split(/(\*\*.+?\*\*|~~.+?~~)/).filter((part) => part.trim());
  return parts.map((part) => ({
    text: plain(part),
    weight: part.startsWith("**") ? "strong" : part.startsWith("~~") ? "weak" : "",
  }));
}
