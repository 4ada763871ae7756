// Either side's sound as it comes. A worklet plays it by its place in the
// recording: what is missing is silence, and both sides stay together.
import { at, count, setText } from "./dom.js";

/** Samples a second on the wire. */
const RATE = 16000;
const HEADER = 16;
const TRACKS = ["near", "far"];

export class Sound {
  #socket;
  #context = null;
  #node = null;
  #gains = [];
  #wanted = new Set();
  #stats = null;
  #frames = 0;
  #starting = null;
  /** What is told while nothing is heard. */
  #reason = "Not listening.";

  constructor(socket) {
    this.#socket = socket;
    for (const track of TRACKS) {
      at(`hear-${track}`).addEventListener("click", () => this.toggle(track));
      at(`volume-${track}`).addEventListener("input", () => this.#volumes());
    }
  }

  /** Tells the engine again what is to be heard, on a new connection. */
  again() {
    if (this.#wanted.size) this.#listen();
  }

  /** Hears a side, or ceases to. */
  async toggle(track) {
    if (at(`hear-${track}`).disabled) return;
    this.#want(track, !this.#wanted.has(track));
    this.#reason = "Not listening.";
    if (this.#wanted.size) {
      try {
        await this.#start();
      } catch (error) {
        this.#want(track, false);
        this.#reason = `This browser plays no sound: ${error.message}`;
      }
    }
    this.#volumes();
    this.#listen();
    this.tell();
  }

  #want(track, on) {
    if (on) this.#wanted.add(track);
    else this.#wanted.delete(track);
    at(`hear-${track}`).setAttribute("aria-pressed", String(on));
  }

  /** Nobody may hear: the buttons go. */
  forbid(reason) {
    for (const track of TRACKS) at(`hear-${track}`).disabled = true;
    this.#reason = reason;
    this.tell();
  }

  #listen() {
    this.#socket.send({ type: "listen", tracks: [...this.#wanted] });
  }

  /** Both sides may be asked for at once: there is one player for both. */
  async #start() {
    this.#starting ??= this.#make().catch((error) => {
      this.#starting = null;
      throw error;
    });
    await this.#starting;
    await this.#context.resume();
  }

  async #make() {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    try {
      await context.audioWorklet.addModule(new URL("./sound-worklet.js", import.meta.url));
    } catch (error) {
      context.close();
      throw error;
    }
    const node = new AudioWorkletNode(context, "viva-sound", { numberOfInputs: 0, numberOfOutputs: 2, outputChannelCount: [1, 1] });
    this.#gains = TRACKS.map((_, i) => {
      const gain = context.createGain();
      node.connect(gain, i);
      gain.connect(context.destination);
      return gain;
    });
    node.port.onmessage = ({ data }) => {
      this.#stats = data;
      this.tell();
    };
    this.#context = context;
    this.#node = node;
  }

  #volumes() {
    TRACKS.forEach((track, i) => {
      if (!this.#gains[i]) return;
      const volume = this.#wanted.has(track) ? Number(at(`volume-${track}`).value) / 100 : 0;
      this.#gains[i].gain.setTargetAtTime(volume, this.#context.currentTime, 0.02);
    });
  }

  /** Takes a frame: version, side, two zeros, number, first sample, samples
   * of 16 bits; everything little endian. */
  frame(bytes) {
    const view = new DataView(bytes);
    if (!this.#node || bytes.byteLength < HEADER || view.getUint8(0) !== 1) return;
    const samples = (bytes.byteLength - HEADER) >> 1;
    const pcm = new Float32Array(samples);
    for (let i = 0; i < samples; i++) pcm[i] = view.getInt16(HEADER + 2 * i, true) / 32768;
    const first = Number(view.getBigUint64(8, true));
    this.#node.port.postMessage({ track: view.getUint8(1), first, pcm }, [pcm.buffer]);
    this.#frames += 1;
  }

  /** Says how late what is heard is. */
  tell() {
    const delay = at("delay");
    delay.dataset.frames = this.#frames;
    if (!this.#wanted.size) return setText(delay, this.#reason);
    const stats = this.#stats;
    if (!stats || stats.played === null) return setText(delay, "Listening; no sound has come yet.");
    delay.dataset.played = stats.played;
    const held = (stats.newest - stats.played) / (RATE / 1000);
    const out = (this.#context.outputLatency || this.#context.baseLatency || 0) * 1000;
    const late = Math.round((held + out + (this.#socket.delay ?? 0)) / 10) * 10;
    const hitches = stats.hitches ? ` ${count(stats.hitches, "dropout")} so far.` : "";
    const text = stats.waiting
      ? "Listening; nothing comes at the moment."
      : `You hear it ${late} ms after it reached the engine.`;
    setText(delay, text + hitches);
  }
}
