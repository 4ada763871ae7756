// Notes and bookmarks: stated by somebody, signed, kept beside the record.
import { at, clock, el, show, time } from "./dom.js";
import { attempt } from "./shell.js";

export class Notes {
  #id;
  #reason;
  #place;
  #go;
  #all = [];
  /** Is told all notes whenever there is another one. */
  changed = () => {};

  constructor(id, me, reason, { place, go }) {
    this.#id = id;
    this.#reason = reason;
    this.#place = place;
    this.#go = go;
    show(at("note"), me.can("annotate"));
    at("note").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add(at("note-text").value, false);
    });
    at("bookmark").addEventListener("click", () => this.bookmark());
  }

  async load() {
    await attempt(async () => {
      this.#all = await this.#reason.get(`/v1/sessions/${this.#id}/notes`);
      this.#show();
    });
  }

  bookmark() {
    return this.#add(at("note-text").value, true);
  }

  async #add(text, bookmark) {
    const body = { text: text.trim(), bookmark };
    if (bookmark || at("note-here").checked) body.at_ms = Math.round(this.#place());
    if (!body.text && !bookmark) {
      at("note-text").focus();
      return;
    }
    await attempt(async () => {
      this.#all.push(await this.#reason.post(`/v1/sessions/${this.#id}/notes`, body));
      at("note-text").value = "";
      this.#show();
    });
  }

  #show() {
    const place = (note) => note.body.at_ms ?? -1;
    const all = [...this.#all].sort((a, b) => place(a) - place(b));
    at("notes-list").replaceChildren(...all.map((note) => this.#item(note)));
    if (!all.length) at("notes-list").append(el("li", { class: "empty" }, "No notes yet."));
    at("tab-notes").textContent = all.length ? `Notes (${all.length})` : "Notes";
    this.changed(all);
  }

  #item({ by, at_unix_ms, body }) {
    const has = typeof body.at_ms === "number";
    return el("li", { class: `note ${body.mark}` },
      has
        ? el("button", { type: "button", class: "place figures", on: { click: () => this.#go(body.at_ms) } }, clock(body.at_ms))
        : el("span", { class: "tag" }, "whole session"),
      el("span", {}, body.mark === "bookmark" ? el("span", { class: "tag" }, "bookmark") : null, body.text ? ` ${body.text}` : "",
        el("span", { class: "small soft" }, ` ${by}, `, time(at_unix_ms))));
  }
}
