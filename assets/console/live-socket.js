// The websocket of one call: opened again by itself where it breaks, without
// a hole in the log.
import { get, signInAddress } from "./api.js";

/** Waiting times before another try, milliseconds. */
const WAITS = [500, 1000, 2000, 4000, 8000];

/**
 * Calls back: `message(json)`, `sound(bytes)`, `link(state, text)` with the
 * states `connecting`, `up`, `lost`, `over` and `refused`, and
 * `missed(text)`.
 */
export class LiveSocket {
  #session;
  #back;
  #socket = null;
  #tries = 0;
  #last = 0;
  #next = 1;
  #asked = new Map();
  #over = false;
  #least = Infinity;
  #waiting = null;
  /** Whether more was missed while lines were fetched. */
  #again = false;

  constructor(session, back) {
    this.#session = session;
    this.#back = back;
    /** How much later than the quickest message the newest came, in
     * milliseconds: two clocks are compared by differences only. */
    this.delay = null;
  }

  get isUp() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const id = encodeURIComponent(this.#session);
    const socket = new WebSocket(`${scheme}://${location.host}/v1/live/${id}?after=${this.#last}`, ["viva.live.v1"]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.#take(JSON.parse(data));
      else this.#back.sound(data);
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#lost();
    });
  }

  close() {
    this.#over = true;
    this.#socket?.close();
  }

  #take(message) {
    if (message.unix_ms) {
      const apart = Date.now() - message.unix_ms;
      this.#least = Math.min(this.#least, apart);
      this.delay = apart - this.#least;
    }
    switch (message.type) {
      case "hello":
        this.#tries = 0;
        this.#back.link("up", "Connected");
        break;
      case "over":
        this.#over = true;
        this.#back.link("over", "Over");
        break;
      case "done":
      case "refused":
        if (this.#answered(message)) return;
        break;
      case "missed":
        this.#back.missed(`This page was too slow: ${message.updates} updates were missed. The lines are fetched again.`);
        this.#fill();
        return;
      case "missed_sound":
        this.#back.missed(`This page was too slow: ${message.frames} stretches of sound were missed.`);
        return;
      case "record":
        // While lines are fetched, newer ones wait.
        if (this.#waiting) {
          this.#waiting.push(message);
          return;
        }
        if (message.seq <= this.#last) return;
        this.#last = message.seq;
        break;
    }
    this.#back.message(message);
  }

  /** Fetches the lines of the log that did not come. */
  async #fill() {
    this.#again = true;
    if (this.#waiting) return;
    this.#waiting = [];
    let missed = [];
    while (this.#again) {
      this.#again = false;
      try {
        missed = await get(`/v1/sessions/${encodeURIComponent(this.#session)}/events`);
      } catch (error) {
        this.#back.missed(`Missed lines were not fetched: ${error.message}`);
      }
    }
    const newer = this.#waiting;
    this.#waiting = null;
    for (const record of missed) this.#take({ type: "record", ...record });
    for (const message of newer) this.#take(message);
  }

  #answered(message) {
    const waiting = this.#asked.get(message.id);
    if (!waiting) return false;
    this.#asked.delete(message.id);
    if (message.type === "done") waiting.done();
    else waiting.refused(new Error(message.message));
    return true;
  }

  async #lost() {
    for (const { refused } of this.#asked.values()) refused(new Error("The connection broke; it is not known whether this was done"));
    this.#asked.clear();
    if (this.#over) return;
    this.#back.link("lost", "Connection lost, trying again");
    const wait = WAITS[Math.min(this.#tries++, WAITS.length - 1)];
    await new Promise((done) => setTimeout(done, wait));
    // A browser does not say why a socket was refused; the list does.
    try {
      const all = await get("/v1/live");
      if (!all.some((standing) => standing.session === this.#session)) {
        this.#over = true;
        this.#back.link("refused", "Not live");
        return;
      }
    } catch (error) {
      if (error.status === 401) location.assign(signInAddress());
    }
    if (!this.#over) this.open();
  }

  /** Sends a message that nothing answers. */
  send(message) {
    if (this.isUp) this.#socket.send(JSON.stringify(message));
  }

  /** Sends a message with a number; done, or refused with the reason. */
  ask(message) {
    return new Promise((done, refused) => {
      if (!this.isUp) return refused(new Error("Not connected to the engine"));
      const id = this.#next++;
      this.#asked.set(id, { done, refused });
      this.#socket.send(JSON.stringify({ ...message, id }));
    });
  }
}
