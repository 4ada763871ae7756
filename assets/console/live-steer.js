// Steering: each act with its button, and, where it has no place, the reason.
import { at, setText, show } from "./dom.js";
import { confirmed } from "./shell.js";

const DONE = {
  ask_next: "The next question is asked.", skip: "The question was skipped.", probe: "A probe is asked.",
  ask: "Your question is asked.", pause: "Paused.", resume: "Resumed.", end: "The interviewer says goodbye.",
  say: "Your words are spoken; you have the word.", hand_back: "Handed back to the interviewer.",
};

export class Steering {
  #socket;
  #state;
  #me;
  #buttons = [...document.querySelectorAll("#steering [data-do]")];

  constructor(socket, state, me) {
    this.#socket = socket;
    this.#state = state;
    this.#me = me;
    for (const button of this.#buttons) button.addEventListener("click", () => this.act(button.dataset.do));
    at("say-form").addEventListener("submit", (event) => event.preventDefault());
    at("own").addEventListener("input", () => this.draw());
  }

  #refusal(act) {
    const refused = this.#state.refusal(act, this.#me, this.#socket.isUp);
    const needsText = act === "ask" || act === "say";
    return refused ?? (needsText && !at("own").value.trim() ? "Write your words first" : null);
  }

  /** Shows which acts have a place now. They stay in reach, so that the
   * reason can be read and heard. */
  draw() {
    for (const button of this.#buttons) {
      const reason = this.#refusal(button.dataset.do);
      button.setAttribute("aria-disabled", String(!!reason));
      if (button.title !== (reason ?? "")) button.title = reason ?? "";
    }
    const by = this.#state.progress?.taken_by;
    const mine = by === this.#me.name;
    setText(at("taken"), mine ? "You have the word: the interviewer is silent until you hand back." : `${by} has the word.`);
    show(at("taken"), !!by && !this.#state.over);
    const say = this.#buttons.find((button) => button.dataset.do === "say");
    setText(say, mine ? "Say" : "Take over and say");
  }

  async act(name) {
    const reason = this.#refusal(name);
    if (reason) {
      if (reason === "Write your words first") at("own").focus();
      return setText(at("answer"), `${reason}.`);
    }
    const act = { do: name };
    if (name === "ask" || name === "say") act.text = at("own").value.trim();
    if (name === "end" && !(await confirmed("End this interview? The interviewer says goodbye, and the record is sealed.", "End the interview"))) return;
    setText(at("answer"), "");
    try {
      await this.#socket.ask({ type: "steer", act });
      if (act.text) at("own").value = "";
      setText(at("answer"), DONE[name]);
    } catch (error) {
      setText(at("answer"), `${error.message}.`);
    }
    this.draw();
  }
}
