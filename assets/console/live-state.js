// What is known of a call, folded from what the socket tells.

/** Confidence below which a text is flagged as perhaps misheard. */
const UNSURE = 0.6;

export class CallState {
  constructor() {
    this.standing = null;
    this.progress = null;
    this.consent = null;
    this.connected = false;
    this.over = false;
    this.ended = null;
    this.watchers = [];
    this.maySteer = false;
    /** From the end of an answer to the first sound of the reply, ms. */
    this.replies = [];
    this.confidences = [];
    this.flags = [];
    this.level = null;
    this.audioAt = null;
    this.clock = null;
  }

  hello({ standing, may_steer: maySteer }) {
    this.standing = standing;
    this.progress = standing.progress;
    this.consent = standing.consent;
    this.connected = standing.connected;
    this.watchers = standing.watchers;
    this.maySteer = maySteer;
  }

  /** Takes a line of the log. */
  record({ seq, at, event }) {
    this.#tick(at);
    switch (event.type) {
      case "audio_started":
        this.audioAt = at;
        break;
      case "turn":
        if (event.first_audio_ms) this.replies.push(event.first_audio_ms - event.speech_ended_ms);
        break;
      case "problem":
        this.#flag(seq, at, `${event.part}: ${event.message}`);
        break;
      case "gap":
        this.#flag(seq, at, `${side(event.track)}: ${Math.round(event.samples / 16)} ms of sound are missing (${event.why})`);
        break;
      case "interrupted":
        this.#flag(seq, at, `Broken off: ${event.why}`);
        break;
      case "sound_over":
        if (event.was === "interruption") this.#flag(seq, at, "The candidate interrupted the interviewer");
        break;
      case "input":
        this.#input(seq, at, event.input);
        break;
      case "output":
        if (event.output.kind === "consent") this.consent = event.output.given;
        if (event.output.kind === "ended") this.ended = event.output.reason;
        break;
    }
  }

  #input(seq, at, input) {
    if (input.kind === "utterance" && input.source !== "typed") {
      this.confidences.push(input.confidence);
      if (input.confidence < UNSURE) {
        this.#flag(seq, at, `Perhaps misheard (${percent(input.confidence)}): ${input.text}`);
      }
    }
    if (input.kind === "device" && !input.there) this.#flag(seq, at, `${side(input.track)}: the device is gone`);
  }

  #flag(seq, at, text) {
    this.flags.push({ seq, at, text });
  }

  #tick(at) {
    this.clock = { at, here: performance.now() };
  }

  update(message) {
    if (message.at !== undefined) this.#tick(message.at);
    if (message.type === "progress") this.progress = message;
    if (message.type === "connection") this.connected = message.up;
    if (message.type === "watchers") this.watchers = message.watchers;
    if (message.type === "level") this.level = { ...message, here: performance.now() };
  }

  /** Where the recording is now, in milliseconds. */
  position() {
    const since = (here) => (this.connected && !this.over ? performance.now() - here : 0);
    if (this.level?.samples) return Math.round(this.level.samples / 16 + since(this.level.here));
    if (!this.clock) return null;
    return Math.max(0, Math.round(this.clock.at + since(this.clock.here) - (this.audioAt ?? 0)));
  }

  /** Why an act has no place now; nothing where it has one. */
  refusal(act, me, isUp) {
    const progress = this.progress;
    if (!this.maySteer) return `Your role (${me.roles.join(", ")}) may not steer calls`;
    if (this.over || this.ended) return "The interview is at its end";
    if (!isUp) return "Not connected to the engine";
    if (!this.connected) return "The candidate's side is not connected";
    if (this.consent !== true) return "The candidate has not consented yet";
    if (act === "end") return null;
    if (act === "resume") return progress.paused ? null : "The interview is not paused";
    if (progress.paused) return "The interview is paused: resume first";
    if (act === "hand_back") return progress.taken_by ? null : "Nobody has taken over";
    const mine = act === "say" && progress.taken_by === me.name;
    if (progress.taken_by && !mine) return `${progress.taken_by} has taken over: the word has to be handed back first`;
    const asking = ["introduction", "project", "technical"].includes(progress.stage);
    if (["ask_next", "skip", "probe"].includes(act) && !asking) return "No question of the plan is open";
    return null;
  }
}

/** Whose side of the recording it is. */
export const side = (track) => (track === "near" ? "Candidate" : "Interviewer");

export const percent = (share) => `${Math.round(share * 100)} %`;

/** The value in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
