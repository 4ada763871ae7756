// The recording: played by the browser in ranges, each side with a volume of
// its own, at another speed, without its silences, in a loop.

/** A stretch is silent from this length on, milliseconds. */
const SILENCE_MS = 1_200;
/** So much of a silence is left at either end, milliseconds. */
const LEFT_MS = 250;

export class Sound {
  #audio;
  #known;
  #pending = null;
  #gains = null;
  #volumes = { near: 1, far: 1 };
  #silent = [];
  #loop = { from: null, to: null };
  #frame = 0;
  /** Whether silences are passed over. */
  skips = false;
  whenMoved = () => {};
  whenPlaying = () => {};
  whenLooping = () => {};
  whenFailed = () => {};

  /** `known` is the length that the record tells, milliseconds. */
  constructor(audio, address, known) {
    this.#audio = audio;
    this.#known = known;
    audio.preservesPitch = true;
    audio.src = address;
    audio.addEventListener("loadedmetadata", () => {
      if (this.#pending !== null) audio.currentTime = this.#pending / 1000;
      this.#pending = null;
      this.whenMoved();
    });
    audio.addEventListener("play", () => {
      this.whenPlaying(true);
      this.#run();
    });
    audio.addEventListener("pause", () => {
      this.whenPlaying(false);
      this.#tick();
    });
    audio.addEventListener("seeked", () => this.whenMoved());
    // Goes on in a page that is not shown, where no frame is drawn.
    audio.addEventListener("timeupdate", () => this.#tick());
    audio.addEventListener("error", () => this.whenFailed("The recording cannot be played"));
  }

  length() {
    return this.#known || (Number.isFinite(this.#audio.duration) ? this.#audio.duration * 1000 : 0);
  }

  now() {
    return this.#pending ?? this.#audio.currentTime * 1000;
  }

  seek(ms, play = false) {
    const place = Math.min(Math.max(0, ms), this.length());
    const { from, to } = this.#loop;
    // Who goes somewhere else has done with the loop.
    if (to !== null && (place < from || place >= to)) this.loopOff();
    if (this.#audio.readyState === 0) this.#pending = place;
    else this.#audio.currentTime = place / 1000;
    if (play) this.#play();
  }

  toggle() {
    if (this.#audio.paused) this.#play();
    else this.#audio.pause();
  }

  speed(rate) {
    this.#audio.playbackRate = rate;
    this.#audio.defaultPlaybackRate = rate;
  }

  /** How loud one side is, 0-2. */
  volume(side, loud) {
    this.#volumes[side] = loud;
    if (this.#gains) this.#gains[side].gain.value = loud;
  }

  /** The length that was found where the record does not tell one. */
  lasts(ms) {
    this.#known = ms;
  }

  /** Finds the stretches in which nobody makes a sound. */
  silences({ near, far, step_ms: step }) {
    const [quietNear, quietFar] = [quiet(near), quiet(far)];
    this.#silent = [];
    let from = 0;
    for (let i = 0; i <= near.length; i++) {
      const silent = i < near.length && near[i] < quietNear && far[i] < quietFar;
      if (silent) continue;
      if ((i - from) * step >= SILENCE_MS) {
        this.#silent.push([from * step + LEFT_MS, i * step - LEFT_MS]);
      }
      from = i + 1;
    }
  }

  loopFrom() {
    this.#loop = { from: this.now(), to: null };
    this.whenLooping(this.#loop);
  }

  loopTo() {
    const { from } = this.#loop;
    if (from === null) return;
    const now = this.now();
    // Marked backwards, it is the same stretch.
    this.#loop = { from: Math.min(from, now), to: Math.max(from, now, Math.min(from, now) + 200) };
    this.whenLooping(this.#loop);
  }

  loopOff() {
    this.#loop = { from: null, to: null };
    this.whenLooping(this.#loop);
  }

  #play() {
    this.#mix();
    this.#audio.play().catch((error) => {
      if (error.name !== "AbortError") this.whenFailed("The recording cannot be played");
    });
  }

  /** Both sides to both ears, each by its own volume. Made at the first play:
   * before, a browser lets nothing sound. */
  #mix() {
    if (this.#gains) return;
    let context;
    try {
      context = new AudioContext();
    } catch {
      // Heard as it is, then: both sides alike.
      return;
    }
    const splitter = context.createChannelSplitter(2);
    const merger = context.createChannelMerger(2);
    const gain = (channel, side) => {
      const node = context.createGain();
      node.gain.value = this.#volumes[side];
      splitter.connect(node, channel);
      node.connect(merger, 0, 0);
      node.connect(merger, 0, 1);
      return node;
    };
    this.#gains = { near: gain(0, "near"), far: gain(1, "far") };
    context.createMediaElementSource(this.#audio).connect(splitter);
    merger.connect(context.destination);
    context.resume();
  }

  #run() {
    cancelAnimationFrame(this.#frame);
    const frame = () => {
      this.#tick();
      if (!this.#audio.paused) this.#frame = requestAnimationFrame(frame);
    };
    this.#frame = requestAnimationFrame(frame);
  }

  #tick() {
    const now = this.now();
    if (!this.#audio.paused && !this.#audio.seeking) {
      const { from, to } = this.#loop;
      if (to !== null && (now >= to || now < from - 50)) this.#audio.currentTime = from / 1000;
      else if (this.skips) {
        const silent = within(this.#silent, now);
        if (silent) this.#audio.currentTime = silent[1] / 1000;
      }
    }
    this.whenMoved();
  }
}

/** What is quieter than this is no speech: from the quiet part of a side. */
function quiet(peaks) {
  const sorted = Array.from(peaks).sort((a, b) => a - b);
  const floor = sorted[Math.floor(sorted.length * 0.3)] ?? 0;
  return Math.min(Math.max(floor * 3, 160), 1_600);
}

/**
 * The span that holds a place; spans are in order and do not overlap. The last
 * millisecond is none of it: whoever goes to a span's end may come out a
 * little before it, for a place in seconds is rounded.
 */
function within(spans, place) {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle][1] - 1 <= place) low = middle + 1;
    else high = middle;
  }
  const found = spans[low];
  return found && found[0] <= place ? found : null;
}
