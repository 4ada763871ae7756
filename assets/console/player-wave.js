// Two lanes of the recording with gaps, events and bookmarks. The picture is
// drawn when it changes; only the playhead moves with the sound.
import { clock } from "./dom.js";

/** What of the log shows as a mark above the lanes. */
const MARKED = new Set(["question", "steering", "interruption", "problem", "break", "request"]);

export class Wave {
  #box;
  #canvas;
  #playhead;
  #session;
  #length = 1;
  #peaks = null;
  #marks = [];
  #asked = 0;
  #now = 0;

  /** `step` is how far an arrow key goes, milliseconds. */
  constructor(box, canvas, playhead, loop, session, go, step) {
    this.#box = box;
    this.#canvas = canvas;
    this.#playhead = playhead;
    this.#session = session;
    this.#length = session.audio_ms || session.length_ms || 1;
    const at = (event) => {
      const edge = box.getBoundingClientRect();
      return Math.min(Math.max(0, (event.clientX - edge.left) / edge.width), 1) * this.#length;
    };
    box.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      box.setPointerCapture(event.pointerId);
      go(at(event));
    });
    box.addEventListener("pointermove", (event) => {
      if (box.hasPointerCapture(event.pointerId)) go(at(event));
      else box.title = clock(at(event));
    });
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const to = {
        ArrowLeft: this.#now - step, ArrowDown: this.#now - step,
        ArrowRight: this.#now + step, ArrowUp: this.#now + step,
        Home: 0, End: this.#length,
      }[event.key];
      if (to === undefined) return;
      // The page's own keys may mean the same, or be off.
      event.preventDefault();
      event.stopPropagation();
      go(Math.min(Math.max(0, to), this.#length));
    });
    new ResizeObserver(() => this.#draw()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  /** Shows the sound, which lasts so many milliseconds. */
  shape(peaks, length) {
    this.#peaks = peaks;
    this.#length = Math.max(1, length);
    this.#draw();
  }

  /** Bookmarks and notes with a place. */
  marks(notes) {
    this.#marks = notes.filter((note) => typeof note.body.at_ms === "number").map((note) => note.body.at_ms);
    this.#draw();
  }

  place(ms) {
    this.#now = ms;
    const share = Math.min(Math.max(0, ms / this.#length), 1);
    this.#playhead.style.left = `${share * 100}%`;
    const box = this.#box;
    const second = String(Math.round(ms / 1000));
    if (box.getAttribute("aria-valuenow") === second) return;
    box.setAttribute("aria-valuenow", second);
    box.setAttribute("aria-valuemax", String(Math.round(this.#length / 1000)));
    box.setAttribute("aria-valuetext", clock(ms));
  }

  /** Draws in the next frame, however often it was asked for. */
  #draw() {
    cancelAnimationFrame(this.#asked);
    this.#asked = requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    const canvas = this.#canvas;
    const scale = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale);
    const height = Math.round(canvas.clientHeight * scale);
    if (!width || !height) return;
    canvas.width = width;
    canvas.height = height;
    const g = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name);
    const x = (ms) => (ms / this.#length) * width;
    const head = 10 * scale;
    const lane = (height - head) / 2;

    this.#gaps(g, { colour, x, head, lane, scale });
    g.fillStyle = colour("--line");
    g.fillRect(0, head + lane - scale / 2, width, scale);
    if (this.#peaks) {
      const shown = this.#length / this.#peaks.step_ms;
      for (const [side, name, top] of [["near", "--near", head], ["far", "--far", head + lane]]) {
        const levels = this.#peaks[side];
        g.fillStyle = colour(name);
        for (let column = 0; column < width; column += scale) {
          const from = Math.floor((column / width) * shown);
          const to = Math.max(from + 1, Math.floor(((column + scale) / width) * shown));
          let loud = 0;
          for (let i = from; i < to && i < levels.length; i++) loud = Math.max(loud, levels[i]);
          // Quiet speech shows, too.
          const high = Math.max(scale, Math.sqrt(loud / 32_768) * lane * 0.92);
          g.fillRect(column, top + (lane - high) / 2, scale, high);
        }
      }
    }
    for (const event of this.#session.timeline) {
      if (!MARKED.has(event.what)) continue;
      const serious = event.what === "problem" || event.what === "break";
      g.fillStyle = colour(serious ? "--poor" : event.what === "steering" ? "--fair" : "--edge");
      g.fillRect(x(event.at_ms), 0, 2 * scale, head - 2 * scale);
    }
    g.fillStyle = colour("--accent");
    for (const mark of this.#marks) {
      const left = x(mark);
      g.beginPath();
      g.moveTo(left - 5 * scale, 0);
      g.lineTo(left + 5 * scale, 0);
      g.lineTo(left, head);
      g.fill();
      g.fillRect(left - scale / 2, head, scale, height);
    }
  }

  /** What was not recorded is hatched. */
  #gaps(g, { colour, x, head, lane, scale }) {
    for (const gap of this.#session.gaps) {
      const top = head + (gap.track === "candidate" ? 0 : lane);
      const [left, wide] = [x(gap.start_ms), Math.max(3 * scale, x(gap.end_ms) - x(gap.start_ms))];
      g.save();
      g.beginPath();
      g.rect(left, top, wide, lane);
      g.clip();
      g.fillStyle = colour("--tint");
      g.fillRect(left, top, wide, lane);
      g.strokeStyle = colour("--edge");
      g.lineWidth = scale;
      g.beginPath();
      for (let at = left - lane; at < left + wide; at += 6 * scale) {
        g.moveTo(at, top + lane);
        g.lineTo(at + lane, top);
      }
      g.stroke();
      g.restore();
    }
  }
}
