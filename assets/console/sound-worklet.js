// Plays both sides by their place in the recording, a little behind what has
// come, so that frames that come unevenly leave no holes.

/** Samples that each side's ring holds: 32 s at 16 kHz, a power of two. */
const SPAN = 1 << 19;
/** How far behind the newest sample it plays: 300 ms. */
const BEHIND = 4800;
/** Beyond this it leaps ahead to be live again: 1.5 s. */
const MOST_BEHIND = 24000;
/** What is held is played without waiting for more after this: 500 ms. */
const PATIENCE = 8000;
/** How often it says how it stands: a quarter of a second. */
const TELL_EVERY = 4000;

class VivaSound extends AudioWorkletProcessor {
  constructor() {
    super();
    this.rings = [new Float32Array(SPAN), new Float32Array(SPAN)];
    this.play = null;
    this.newest = 0;
    this.waiting = true;
    this.waited = 0;
    this.hitches = 0;
    this.untold = 0;
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take({ track, first, pcm }) {
    if (this.play === null || first > this.play + SPAN / 2) {
      for (const ring of this.rings) ring.fill(0);
      this.play = first;
      this.newest = first;
      this.waiting = true;
    }
    const ring = this.rings[track];
    if (!ring) return;
    for (let i = Math.max(0, this.play - first); i < pcm.length; i++) ring[(first + i) % SPAN] = pcm[i];
    this.newest = Math.max(this.newest, first + pcm.length);
    this.waited = 0;
    if (this.newest - this.play > MOST_BEHIND) this.leap(this.newest - BEHIND);
  }

  /** Leaves out what is before a place. */
  leap(to) {
    for (const ring of this.rings) for (let at = this.play; at < to; at++) ring[at % SPAN] = 0;
    this.play = to;
  }

  process(_, outputs) {
    const size = outputs[0][0].length;
    this.tell(size);
    if (this.play === null) return true;
    const held = this.newest - this.play;
    if (this.waiting) {
      this.waited += size;
      if (held < BEHIND && (held === 0 || this.waited < PATIENCE)) return true;
      this.waiting = false;
    }
    if (held <= 0) {
      this.waiting = true;
      this.waited = 0;
      this.hitches += 1;
      return true;
    }
    const played = Math.min(size, held);
    this.rings.forEach((ring, side) => {
      const out = outputs[side][0];
      for (let i = 0; i < played; i++) {
        const place = (this.play + i) % SPAN;
        out[i] = ring[place];
        ring[place] = 0;
      }
    });
    this.play += played;
    return true;
  }

  tell(size) {
    this.untold += size;
    if (this.untold < TELL_EVERY) return;
    this.untold = 0;
    const { play: played, newest, waiting, hitches } = this;
    this.port.postMessage({ played, newest, waiting, hitches });
  }
}

registerProcessor("viva-sound", VivaSound);
