// The conversation as it happens: both sides' lines, and what else happened.
import { at, clock, el, show, title, words } from "./dom.js";
import { percent, side } from "./live-state.js";

// The record's timeline says the same acts in the same words.
const ACTS = {
  ask_next: "went on to the next question", skip: "dropped the open question", probe: "had a probe asked",
  ask: "added a question: ", pause: "paused the interview", resume: "let the interview go on",
  end: "ended the interview", say: "took over and said: ", hand_back: "handed back to the interviewer",
};
const REQUESTS = {
  repeat: "asked to hear it again", rephrase: "asked for other words", think: "asked for time",
  skip: "asked for the next question", pause: "paused", resume: "went on",
  finished: "said that the answer is finished", end: "asked to end",
};

export class Talk {
  #lines = at("lines");
  #spoken = new Map();
  #pinned = true;
  #drawn = new Set();

  constructor() {
    this.#lines.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.#lines;
      this.#pinned = scrollHeight - scrollTop - clientHeight < 40;
      if (this.#pinned) show(at("to-end"), false);
    }, { passive: true });
    at("to-end").addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.#pinned && this.toEnd()).observe(this.#lines);
  }

  toEnd() {
    this.#pinned = true;
    this.#lines.scrollTop = this.#lines.scrollHeight;
    show(at("to-end"), false);
  }

  /** Shows what is being said and may still change. */
  partial(text) {
    at("partial").textContent = text;
    show(at("partial"), !!text);
    if (this.#pinned) this.toEnd();
  }

  /** Shows a line of the log, once. */
  record({ seq, at: when, event }) {
    if (this.#drawn.has(seq)) return;
    this.#drawn.add(seq);
    const made = this.#draw(when, event);
    if (!made) return;
    this.#lines.append(made);
    if (this.#pinned) this.toEnd();
    else show(at("to-end"), true);
  }

  #draw(when, event) {
    const happened = (text, flag = false) =>
      el("p", { class: flag ? "happening flag" : "happening" }, `${clock(when)}  ${text}`);
    switch (event.type) {
      case "output":
        return this.#output(when, event.output, happened);
      case "input":
        return this.#input(when, event.input, happened);
      case "watcher":
        return happened(`${event.by} (${event.role}) ${event.present ? "follows" : "follows no more"}; the candidate is told`);
      case "problem":
        return happened(`Problem: ${event.part}: ${event.message}`, true);
      case "gap":
        return happened(`${side(event.track)}: sound is missing (${event.why})`, true);
      case "interrupted":
        return happened(`Broken off: ${event.why}`, true);
      case "resumed":
        return happened("The interview goes on");
      default:
        return null;
    }
  }

  #output(when, output, happened) {
    switch (output.kind) {
      case "say": {
        const person = output.purpose.is === "human";
        const by = person ? `${output.purpose.by}, a person` : "Interviewer";
        const about = person || output.purpose.is === "question" ? [] : [words(output.purpose.is)];
        if (output.number && !person) about.push(`question ${output.number} of ${output.of}`);
        const line = el("div", { class: `line far speaking${person ? " person" : ""}` }, head(when, by, about.join(", ")),
          el("p", { class: "text" }, output.text));
        this.#spoken.set(output.id, line);
        return line;
      }
      case "consent":
        return happened(`Consent was ${output.given ? "given" : "refused"} (${words(output.how)})`);
      case "ended":
        return happened(`The interview ended: ${words(output.reason)}`);
      default:
        return null;
    }
  }

  #input(when, input, happened) {
    switch (input.kind) {
      case "utterance": {
        this.partial("");
        const about = input.source === "typed" ? "typed" : `confidence ${percent(input.confidence)}`;
        return el("div", { class: "line near" }, head(when, "Candidate", about), el("p", { class: "text" }, input.text));
      }
      case "speech_ignored":
        this.partial("");
        return null;
      case "line_ended":
        this.#heard(input);
        return null;
      case "steer":
        return happened(`${input.by} ${ACTS[input.act.do] ?? words(input.act.do)}${input.act.text ?? ""}`);
      case "request":
        return happened(`The candidate ${REQUESTS[input.request] ?? words(input.request)}`);
      case "muted":
        return happened(`The candidate ${input.on ? "muted" : "opened"} the microphone`);
      case "device":
        return happened(`${title(input.track === "near" ? "microphone" : "speaker")} ${input.there ? "is back" : "is gone"}`, !input.there);
      default:
        return null;
    }
  }

  /** A line was heard, to its end or in part. */
  #heard({ line, heard, complete }) {
    const shown = this.#spoken.get(line);
    shown?.classList.remove("speaking");
    if (shown && !complete) {
      shown.append(el("p", { class: "heard" }, heard ? `Stopped after: ${heard}` : "Not heard"));
    }
  }
}

function head(when, by, about) {
  return el("p", { class: "by" }, el("span", { class: "figures" }, clock(when)), " ", el("b", {}, by), about && ` (${about})`);
}
