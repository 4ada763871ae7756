// A finished session: heard, read and checked.
import { at, clock, count, el, setText, show, time, title } from "./dom.js";
import { get } from "./api.js";
import { attempt, begin, keys, say } from "./shell.js";
import { withReason } from "./reason.js";
import { Sound } from "./player-sound.js";
import { Wave } from "./player-wave.js";
import { Script } from "./player-script.js";
import { showScores } from "./player-scores.js";
import { Notes } from "./player-notes.js";
import { showDocuments } from "./documents.js";

const STEP_MS = 5_000;

const me = await begin({ needs: "read_session" });
const id = location.pathname.split("/").at(-1);
const reason = withReason(id, me);

let failed = null;
await attempt(async () => {
  try {
    await open(await reason.get(`/v1/sessions/${id}/review`));
  } catch (error) {
    // Of a record that cannot be shown the check says why.
    if (!(error.status >= 409)) throw error;
    failed = error;
  }
  await check();
});
if (failed) say(failed);

function facts(session) {
  document.title = `${session.candidate}: ${session.position} - Viva`;
  setText(at("candidate"), session.candidate || "Session");
  at("about").replaceChildren(
    [session.position, session.company].filter(Boolean).join(", "), " · ", time(session.began_unix_ms),
    " · ", el("span", { class: "small figures", text: session.id }));
  const told = [];
  if (session.practice) told.push("Practice: nobody is assessed by it.");
  if (session.running) told.push("This session is still going on; what there is so far is shown.");
  else if (!session.sealed) told.push("This session was not brought to its end, or is not sealed.");
  for (const made of session.redactions) {
    told.push(`A redacted copy was made by ${made.by} on ${new Date(made.at_unix_ms).toLocaleDateString()}: ${made.why}. This is the original.`);
  }
  for (const hold of session.holds) told.push(`Legal hold by ${hold.by}: ${hold.why}. It cannot be erased.`);
  at("state").replaceChildren(...told.flatMap((line, i) => (i ? [el("br"), line] : [line])));
}

async function open(session) {
  facts(session);
  show(at("columns"), true);
  const length = session.audio_ms ?? session.length_ms ?? 0;
  const hears = session.has_audio && me.can("hear_audio");
  const sound = hears ? new Sound(at("audio"), reason.link(`/v1/sessions/${id}/audio`), length) : null;
  const script = new Script(at("script"), session.turns);
  // Where one is, also where nothing can be heard.
  let here = 0;
  const now = () => sound?.now() ?? here;
  const notes = new Notes(id, me, reason, { place: now, go });
  let wave = null;

  function go(ms, { play = false, mark } = {}) {
    here = Math.max(0, ms);
    if (mark) script.cite(mark.start_ms, mark.end_ms);
    script.reveal(ms);
    sound?.seek(ms, play);
    place();
  }
  const move = (ms) => sound && go(Math.min(Math.max(0, sound.now() + ms), sound.length()));

  /** Shows where one is. */
  function place() {
    const ms = now();
    setText(at("note-place"), clock(ms));
    if (!sound) return;
    wave?.place(ms, sound.length());
    script.place(ms, at("follow").checked);
    setText(at("time"), `${clock(ms)} / ${clock(sound.length())}`);
    const gap = session.gaps.find((gap) => ms >= gap.start_ms && ms < gap.end_ms);
    setText(at("silent"), gap ? `Nothing was recorded here (${gap.track}): ${gap.why}` : "");
  }

  show(at("player"), hears);
  show(at("no-sound"), !session.has_audio);
  showScores(at("scores"), session, { go, hears });
  showEvents(session, go);
  showDocuments(at("files"), id, me, reason);
  script.listen((ms) => go(ms, { play: true }), () => { at("follow").checked = false; });
  search(script, go);
  tabs();

  if (sound) {
    controls(sound, place, move);
    wave = new Wave(at("wave"), at("canvas"), at("playhead"), at("loop-span"), session, (ms) => go(ms), STEP_MS);
    sound.whenMoved = place;
    try {
      const peaks = await reason.get(`/v1/sessions/${id}/peaks`);
      if (!session.audio_ms) sound.lasts(peaks.near.length * peaks.step_ms);
      wave.shape(peaks, sound.length());
      sound.silences(peaks);
    } catch (error) {
      if (error.status === 401) throw error;
      // Everything else is there without the picture of the sound.
      failed = new Error(`The waveform cannot be shown: ${error.message}`);
    }
  }
  notes.changed = (all) => wave?.marks(all);
  await notes.load();
  shortcuts({ sound, move, notes, go });
  const start = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (start) go(Number(start[1]) * 1000);
  else place();
  document.body.dataset.ready = "yes";
}

function controls(sound, place, move) {
  const speeds = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
  at("speed").append(...speeds.map((x) => el("option", { value: x, selected: x === 1 }, `${x}×`)));
  at("speed").addEventListener("change", () => sound.speed(Number(at("speed").value)));
  at("play").addEventListener("click", () => sound.toggle());
  at("back").addEventListener("click", () => move(-STEP_MS));
  at("on").addEventListener("click", () => move(STEP_MS));
  at("skip").addEventListener("change", () => { sound.skips = at("skip").checked; });
  at("volume-near").addEventListener("input", () => sound.volume("near", at("volume-near").value / 100));
  at("volume-far").addEventListener("input", () => sound.volume("far", at("volume-far").value / 100));
  sound.whenPlaying = (playing) => setText(at("play"), playing ? "Pause" : "Play");
  sound.whenFailed = (why) => say(why);
  at("loop-from").addEventListener("click", () => sound.loopFrom());
  at("loop-to").addEventListener("click", () => sound.loopTo());
  at("loop-off").addEventListener("click", () => sound.loopOff());
  sound.whenLooping = ({ from, to }) => {
    at("loop-to").disabled = from === null;
    show(at("loop-off"), from !== null);
    const span = at("loop-span");
    show(span, from !== null);
    if (from === null) return;
    const end = to ?? from;
    span.style.left = `${(from / sound.length()) * 100}%`;
    span.style.width = `${Math.max(0.15, ((end - from) / sound.length()) * 100)}%`;
    place();
  };
}

function search(script, go) {
  const told = () => {
    const { hits, current } = script;
    const asked = at("search-text").value.trim();
    setText(at("search-count"), !asked ? "" : !hits.length ? "Not found" : `${current + 1} of ${hits.length}`);
  };
  const step = (by) => {
    const ms = script.step(by);
    if (ms !== null) go(ms);
    told();
  };
  at("search-text").addEventListener("input", () => {
    script.search(at("search-text").value);
    told();
  });
  at("search").addEventListener("submit", (event) => {
    event.preventDefault();
    step(1);
  });
  at("search-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      step(-1);
    } else if (event.key === "Escape") {
      at("search-text").value = "";
      script.search("");
      told();
      at("wave").focus();
    }
  });
  at("search-back").addEventListener("click", () => step(-1));
}

function shortcuts({ sound, move, notes, go }) {
  const list = [
    { key: "/", does: "Search in the transcript", act: () => at("search-text").focus() },
  ];
  if (sound) {
    const speed = (by) => {
      const select = at("speed");
      select.selectedIndex = Math.min(Math.max(0, select.selectedIndex + by), select.options.length - 1);
      sound.speed(Number(select.value));
    };
    list.unshift(
      { key: " ", does: "Play or pause", act: () => sound.toggle() },
      { key: "ArrowLeft", does: "Back 5 seconds", act: () => move(-STEP_MS) },
      { key: "ArrowRight", does: "On 5 seconds", act: () => move(STEP_MS) },
      { key: "Home", does: "To the begin", act: () => go(0) },
      { key: "<", does: "Slower", act: () => speed(-1) },
      { key: ">", does: "Faster", act: () => speed(1) },
      { key: "s", does: "Skip silence, or not", act: () => at("skip").click() },
      { key: "[", does: "Loop from here", act: () => sound.loopFrom() },
      { key: "]", does: "Loop to here", act: () => sound.loopTo() },
      { key: "\\", does: "End the loop", act: () => sound.loopOff() },
    );
    if (me.can("annotate")) list.push({ key: "b", does: "Bookmark this place", act: () => notes.bookmark() });
  }
  keys(list);
}

function showEvents(session, go) {
  const gap = (gap) => ({
    at_ms: gap.start_ms, what: "gap", by: null,
    text: `Nothing was recorded of the ${gap.track} for ${((gap.end_ms - gap.start_ms) / 1000).toFixed(1)} s: ${gap.why}`,
  });
  const all = [...session.timeline, ...session.gaps.map(gap)].sort((a, b) => a.at_ms - b.at_ms);
  at("events-list").replaceChildren(...all.map((event) =>
    el("li", { class: `event ${event.what}` },
      el("button", { type: "button", class: "place figures", on: { click: () => go(event.at_ms) } }, clock(event.at_ms)),
      el("span", {}, el("b", {}, title(event.what)), " ", event.text, event.by ? el("span", { class: "soft" }, ` (${event.by})`) : null))));
  if (!all.length) at("events-list").append(el("li", { class: "empty" }, "Nothing beside what was said."));
}

/** The tabs, by mouse and by arrows. */
function tabs() {
  const all = [...document.querySelectorAll("[role=tab]")];
  const choose = (tab, focus) => {
    for (const one of all) {
      const chosen = one === tab;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      show(at(one.getAttribute("aria-controls")), chosen);
    }
    if (focus) tab.focus();
  };
  for (const tab of all) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      choose(all[(all.indexOf(tab) + by + all.length) % all.length], true);
    });
  }
}

/** Whether the record is whole, with what was looked at. */
async function check() {
  const badge = at("badge");
  const summary = badge.querySelector("summary");
  show(badge, true);
  if (!me.can("verify_record")) {
    setText(summary, "Not checked here");
    at("checked").append(el("p", {}, `Your role (${me.roles.join(", ")}) may not check records; compliance may.`));
    return;
  }
  const found = await reason.get(`/v1/sessions/${id}/verify`);
  badge.classList.add(found.whole ? "good" : "poor");
  const [first] = found.problems;
  setText(summary, found.whole
    ? `✓ Whole: ${count(found.looked_at.length, "check")}`
    : `✗ Broken: ${title(first.kind)}, ${first.place}${found.problems.length > 1 ? `, and ${found.problems.length - 1} more` : ""}`);
  if (!found.whole) {
    at("checked").append(el("h2", {}, count(found.problems.length, "problem")),
      el("ul", {}, found.problems.map((wrong) => el("li", { class: "wrong" }, el("b", {}, title(wrong.kind)), ` ${wrong.place}: ${wrong.detail}`))));
  }
  at("checked").append(
    el("h2", {}, "What was checked"),
    el("ul", {}, found.looked_at.map((line) => el("li", {}, line))),
    el("p", { class: "small soft" }, "Checked ", time(found.at_unix_ms), ` by ${found.program}. A check of your own: viva verify ${id}`));
}
