/**
 * Server-sent events read by `fetch`, as an EventSource sends no header.
 *
 * Contract: it goes on for ever and never twice over the same event: after a cut it asks again, later each time, from the
 * last id it has seen. A line of the stream is judged only when it is whole.
 */

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
const SILENCE = 60_000; // ms without a byte, heartbeats included: the connection is dead, whatever it looks like

/**
 * @typedef {{event: string, id: string, data: string}} Heard
 * @typedef {{state: "connecting" | "live" | "lost" | "refused", retryAt?: number, status?: number}} Connection
 */

/** Text, in pieces as they come -> events. */
export class Parser {
  #rest = "";
  #event = "";
  #data = [];
  #id = "";

  /** Where the stream stands: an id may come without an event. */
  lastId = "";

  /** @param {string} text @returns {Heard[]} those that are whole now */
  read(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#line(line)).filter((heard) => heard !== null);
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.#id = value;
    return null;
  }

  #dispatch() {
    const event = this.#event || "message";
    const data = this.#data.join("\n");
    const isEmpty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.lastId = this.#id;
    return isEmpty ? null : { event, data, id: this.#id };
  }
}

/** The pause before the next attempt, ms: doubled each time, and shortened by chance so that pages come apart. */
export function pauseAfter(failures, chance = Math.random()) {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, failures - 1)) * (0.75 + chance / 4);
}

/**
 * @param {string} path
 * @param {{headers: () => Record<string, string>, onEvent: (heard: Heard) => void,
 *          onConnection: (connection: Connection) => void}} told
 * @returns {{close: () => void, retry: () => void}} `retry` ends a pause
 */
export function openStream(path, { headers, onEvent, onConnection }) {
  let last = "";
  let failures = 0;
  let isClosed = false;
  let endPause = () => {};
  let attempt = new AbortController();

  const run = async () => {
    while (!isClosed) {
      attempt = new AbortController();
      let status = 0;
      try {
        status = await readOnce();
      } catch {
        // A cut looks the same however it came.
      }
      if (isClosed) return;
      failures += 1;
      const pause = pauseAfter(failures);
      onConnection({ state: "lost", retryAt: Date.now() + pause, status });
      await new Promise((resolve) => {
        endPause = resolve;
        setTimeout(resolve, pause);
      });
    }
  };

  /** @returns the status that it ended with */
  const readOnce = async () => {
    onConnection({ state: "connecting" });
    const resume = last ? { "Last-Event-ID": last } : {};
    const response = await watched(
      fetch(path, {
        headers: { Accept: "text/event-stream", ...headers(), ...resume },
        cache: "no-store",
        credentials: "omit",
        signal: attempt.signal,
      }),
    );
    if (!response.ok || !response.body) {
      if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        isClosed = true; // asking again would be answered the same
        onConnection({ state: "refused", status: response.status });
      }
      return response.status;
    }
    failures = 0;
    onConnection({ state: "live" });
    await readBody(response.body.getReader());
    return response.status;
  };

  const watched = (waiting) => {
    const watch = setTimeout(() => attempt.abort(), SILENCE);
    return waiting.finally(() => clearTimeout(watch));
  };

  const readBody = async (reader) => {
    const parser = new Parser();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await watched(reader.read());
      if (done) return;
      const heard = parser.read(decoder.decode(value, { stream: true }));
      last = parser.lastId || last;
      heard.forEach(onEvent);
    }
  };

  run();
  return {
    close() {
      isClosed = true;
      attempt.abort();
      endPause();
    },
    retry: () => endPause(),
  };
}
