// The transcript as text: words that can be clicked, the one that is heard,
// what is cited and what was searched for. One listener for all words.
import { clock, el } from "./dom.js";

/** Below this the recogniser was not sure of a word. */
const UNSURE = 0.5;

export class Script {
  #box;
  /** All words in reading order: {span, start, end, turn}. */
  #words = [];
  /** The words of each side by time, for the one that is heard. */
  #heard = { candidate: [], recruiter: [] };
  #now = { candidate: null, recruiter: null };
  #turns = [];
  #turn = null;
  #focus = 0;
  #cited = [];
  /** Hits of the search: [first word, first word after it]. */
  hits = [];
  current = -1;

  constructor(box, turns) {
    this.#box = box;
    box.replaceChildren(...turns.map((turn) => this.#block(turn)));
    if (!turns.length) box.append(el("p", { class: "empty" }, "Nothing was said."));
    for (const side of Object.values(this.#heard)) side.sort((a, b) => a.start - b.start);
    this.#turns.sort((a, b) => a.start - b.start);
    if (this.#words.length) this.#words[0].span.tabIndex = 0;
  }

  #block(turn) {
    const speaker = turn.who === "candidate" ? "Candidate" : turn.human ? `${turn.human}, a person` : "Recruiter";
    const start = turn.start_ms ?? turn.at_ms;
    const length = (turn.end_ms ?? start) - start;
    const notes = [
      turn.typed && "typed",
      turn.heard !== null && turn.heard !== undefined && "interrupted",
      typeof turn.confidence === "number" && turn.confidence < UNSURE && "heard with little confidence",
      turn.start_ms === null && !turn.typed && "not played",
    ].filter(Boolean);
    const text = el("p", { class: "said-text" });
    const block = el("div", { class: `turn ${turn.who}` },
      el("div", { class: "turn-head" },
        el("button", { type: "button", class: "place figures", data: { ms: start }, "aria-label": `${speaker}, play from ${clock(start)}` }, clock(start)),
        el("b", {}, speaker), ...notes.map((note) => el("span", { class: "tag" }, note))),
      text);
    const place = { block, start, end: start + length };
    if (turn.words?.length) {
      this.#fill(text, turn.who, place, turn.words.map((w) => ({ text: w.text, start: w.start_ms, end: w.end_ms, confidence: w.confidence })), true);
    } else {
      const heard = turn.heard ?? turn.text;
      this.#fill(text, turn.who, place, spread(heard, start, length), turn.start_ms !== null && !turn.typed);
      if (turn.heard !== null && turn.heard !== undefined) {
        const rest = turn.text.startsWith(turn.heard) ? turn.text.slice(turn.heard.length).trim() : "";
        text.append(el("span", { class: "soft" }, rest ? ` … not heard: ${rest}` : " …"));
      }
    }
    if (turn.corrected) {
      const { by, why, text: right } = turn.corrected;
      const corrected = el("p", { class: "corrected" }, el("b", {}, `Corrected by ${by}${why ? ` (${why})` : ""}: `));
      this.#fill(corrected, turn.who, place, right.split(/\s+/).map((word) => ({ text: word, start, end: start })), false);
      block.append(corrected);
    }
    if (turn.start_ms !== null && turn.start_ms !== undefined) this.#turns.push(place);
    return block;
  }

  #fill(parent, who, turn, words, heard) {
    words.forEach((word, i) => {
      const number = this.#words.length;
      const unsure = word.confidence < UNSURE;
      const span = el("span", { class: unsure ? "word unsure" : "word", tabindex: -1, data: { word: number }, title: unsure ? "Heard with little confidence" : null }, word.text);
      parent.append(i ? " " : "", span);
      const all = { span, start: word.start, end: word.end, turn };
      this.#words.push(all);
      if (heard) this.#heard[who === "candidate" ? "candidate" : "recruiter"].push(all);
    });
  }

  /** `play` hears from a place; `scrolled` is told that somebody reads on by
   * hand. */
  listen(play, scrolled) {
    const box = this.#box;
    box.addEventListener("click", (event) => {
      const place = event.target.closest("button.place");
      const word = this.#of(event.target);
      if (place) play(Number(place.dataset.ms));
      // Who selects text does not want to hear it.
      else if (word && String(getSelection()) === "") {
        this.#rove(Number(word.span.dataset.word), false);
        play(word.start);
      }
    });
    box.addEventListener("keydown", (event) => {
      const word = this.#of(event.target);
      if (!word || event.ctrlKey || event.altKey || event.metaKey) return;
      const number = Number(word.span.dataset.word);
      const to = {
        ArrowRight: () => number + 1,
        ArrowLeft: () => number - 1,
        ArrowDown: () => this.#nextTurn(number),
        ArrowUp: () => this.#turnBefore(number),
        Home: () => 0,
        End: () => this.#words.length - 1,
      }[event.key];
      if (to) this.#rove(to(), true);
      else if (event.key === "Enter" || event.key === " ") play(word.start);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    for (const by of ["wheel", "touchmove"]) box.addEventListener(by, scrolled, { passive: true });
  }

  #of(target) {
    const span = target.closest?.(".word");
    return span ? this.#words[Number(span.dataset.word)] : null;
  }

  #nextTurn(number) {
    const { turn } = this.#words[number];
    const next = this.#words.findIndex((word, i) => i > number && word.turn !== turn);
    return next < 0 ? number : next;
  }

  #turnBefore(number) {
    const { turn } = this.#words[number];
    const first = this.#words.findIndex((word) => word.turn === turn);
    if (first <= 0) return 0;
    return this.#words.findIndex((word) => word.turn === this.#words[first - 1].turn);
  }

  /** One word can be reached by Tab; it alone is a button to a reader. */
  #rove(number, focus) {
    const to = Math.min(Math.max(0, number), this.#words.length - 1);
    const before = this.#words[this.#focus].span;
    before.tabIndex = -1;
    before.removeAttribute("role");
    const { span } = this.#words[to];
    span.tabIndex = 0;
    span.setAttribute("role", "button");
    this.#focus = to;
    if (focus) span.focus();
  }

  /** Marks what is heard at this place. */
  place(ms, follow) {
    for (const [side, words] of Object.entries(this.#heard)) {
      const word = at(words, ms);
      if (word === this.#now[side]) continue;
      this.#now[side]?.span.classList.remove("now");
      word?.span.classList.add("now");
      this.#now[side] = word;
    }
    const turn = at(this.#turns, ms) ?? this.#turn;
    if (turn === this.#turn) return;
    this.#turn?.block.removeAttribute("aria-current");
    turn.block.setAttribute("aria-current", "true");
    this.#turn = turn;
    if (follow) this.#into(turn.block);
  }

  /** Brings what was said at a place into view. */
  reveal(ms) {
    const before = this.#turns.findLast((turn) => turn.start <= ms);
    if (before) this.#into(before.block);
  }

  /** Only the transcript moves, never the page, and it does not glide. */
  #into(element) {
    const box = this.#box;
    const [edge, place] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
    if (place.top >= edge.top && place.bottom <= edge.bottom) return;
    box.scrollTop += place.top - edge.top - box.clientHeight / 4;
  }

  /** Marks the words that a score rests on. */
  cite(start, end) {
    for (const word of this.#cited) word.span.classList.remove("cited");
    this.#cited = this.#heard.candidate.filter((word) => word.start < end && word.end > start);
    for (const word of this.#cited) word.span.classList.add("cited");
  }

  search(text) {
    for (const word of this.#words) word.span.classList.remove("hit", "hit-now");
    const wanted = text.toLowerCase().split(/\s+/).map(plain).filter(Boolean);
    this.hits = [];
    this.current = -1;
    if (!wanted.length) return;
    const words = this.#words.map((word) => plain(word.span.textContent.toLowerCase()));
    for (let i = 0; i + wanted.length <= words.length; i++) {
      const fits = wanted.every((want, n) => {
        const word = words[i + n];
        const together = this.#words[i + n].span.parentElement === this.#words[i].span.parentElement;
        // The last word may still be half typed.
        return together && (n === wanted.length - 1 ? word.startsWith(want) : word === want);
      });
      if (fits) this.hits.push([i, i + wanted.length]);
    }
    for (const [from, to] of this.hits) {
      for (let i = from; i < to; i++) this.#words[i].span.classList.add("hit");
    }
    if (this.hits.length) this.#show(0);
  }

  /** Goes to the next hit or the one before; its place comes back, or null. */
  step(by) {
    if (!this.hits.length) return null;
    const [from] = this.#show((this.current + by + this.hits.length) % this.hits.length);
    return this.#words[from].start;
  }

  #show(number) {
    for (const [hit, on] of [[this.hits[this.current], false], [this.hits[number], true]]) {
      if (!hit) continue;
      for (let i = hit[0]; i < hit[1]; i++) this.#words[i].span.classList.toggle("hit-now", on);
    }
    this.current = number;
    this.#into(this.#words[this.hits[number][0]].span);
    return this.hits[number];
  }
}

/** A word without the marks around it. */
const plain = (word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");

/** Words whose times nobody measured share their line's by their letters. */
function spread(text, start, length) {
  const words = text.split(/\s+/).filter(Boolean);
  const letters = words.reduce((sum, word) => sum + word.length + 1, 0) || 1;
  let before = 0;
  return words.map((word) => {
    const from = start + (length * before) / letters;
    before += word.length + 1;
    return { text: word, start: from, end: start + (length * before) / letters };
  });
}

/** What lasts at a place; the list is in order of `start`. */
function at(list, ms) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].start <= ms) low = middle + 1;
    else high = middle;
  }
  const found = list[low - 1];
  return found && ms < found.end ? found : null;
}
