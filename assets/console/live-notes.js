// Notes and bookmarks at a moment of the call, one's own and those of others.
import { at, clock, el, keyed, setText } from "./dom.js";
import { get } from "./api.js";
import { again, say } from "./shell.js";

/** How often the notes of others are looked for, milliseconds. */
const LOOK_EVERY = 10_000;

export class Notes {
  #session;
  #socket;
  #state;
  #mayLook;
  #look = null;

  constructor(session, socket, state, me) {
    this.#session = session;
    this.#socket = socket;
    this.#state = state;
    at("note-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.add(at("note").value.trim(), false);
    });
    at("bookmark").addEventListener("click", () => this.bookmark());
    if (!me.can("annotate")) for (const field of at("note-form").elements) field.disabled = true;
    this.#mayLook = me.can("read_session");
  }

  /** Shows the notes from now on: the call is there. */
  begin() {
    if (this.#mayLook) this.#look ??= again(LOOK_EVERY, () => this.#draw());
  }

  bookmark() {
    return this.add(at("note").value.trim(), true);
  }

  async add(text, bookmark) {
    if (!text && !bookmark) return at("note").focus();
    const note = { text, bookmark };
    const place = this.#state.position();
    if (place !== null) note.at_ms = place;
    try {
      await this.#socket.ask({ type: "note", note });
      at("note").value = "";
      await this.#look?.();
    } catch (error) {
      say(error);
    }
  }

  async #draw() {
    const notes = await get(`/v1/sessions/${encodeURIComponent(this.#session)}/notes`);
    keyed(at("notes"), notes.reverse(), (note) => note.id, draw);
  }
}

function draw({ by, body }) {
  const item = el("li", {}, el("span", { class: "soft figures" }, body.at_ms === undefined ? "" : `${clock(body.at_ms)} `), el("b", {}, by), ": ", el("span"));
  const what = body.mark === "bookmark" ? `bookmark${body.text ? `: ${body.text}` : ""}` : body.text;
  setText(item.lastElementChild, what);
  return item;
}
