// A call as it happens: followed, heard, noted, steered.
import { at, clock, el, keyed, setText, show, title, words } from "./dom.js";
import { begin, keys, say } from "./shell.js";
import { LiveSocket } from "./live-socket.js";
import { CallState, median, percent } from "./live-state.js";
import { Talk } from "./live-talk.js";
import { Sound } from "./live-sound.js";
import { Steering } from "./live-steer.js";
import { Notes } from "./live-notes.js";

/** What became of a question, where its name alone would mislead. */
const OUTCOMES = { open: "being answered", passed: "passed over", dont_know: "not known" };

const session = decodeURIComponent(location.pathname.split("/").pop());
const me = await begin({ needs: "watch_live" });
const state = new CallState();
const talk = new Talk();

const socket = new LiveSocket(session, {
  message: take,
  sound: (bytes) => sound.frame(bytes),
  link,
  missed: (text) => notice(text),
});
const sound = new Sound(socket);
const steering = new Steering(socket, state, me);
const notes = new Notes(session, socket, state, me);
if (!me.can("hear_audio")) sound.forbid("Your role may not hear calls.");

function take(message) {
  switch (message.type) {
    case "hello":
      state.hello(message);
      sound.again();
      notes.begin();
      setText(at("candidate"), state.standing.candidate || "Candidate");
      setText(at("position"), state.standing.position);
      document.title = `${state.standing.candidate || "Live"} - Viva`;
      break;
    case "record":
      state.record(message);
      talk.record(message);
      break;
    case "partial":
      talk.partial(message.text);
      break;
    case "refused":
      say(message.message);
      break;
    default:
      state.update(message);
  }
  plan();
}

function link(kind, text) {
  const shade = { up: "good", lost: "poor", refused: "poor" }[kind] ?? "";
  at("link").className = `tag ${shade}`;
  setText(at("link"), text);
  if (kind === "up") notice("");
  if (kind === "lost") notice("The connection to the engine is lost. It is tried again by itself; no line will be missing.");
  if (kind === "over" || kind === "refused") {
    state.over = true;
    talk.partial("");
    const more = me.can("read_session") && el("a", { href: `/sessions/${encodeURIComponent(session)}` }, "Open its record");
    notice(kind === "over" ? "The interview is over. " : "This interview is not live: it is over, or there is none of this name. ", more);
  }
  plan();
}

function notice(text, more) {
  at("notice").replaceChildren(text, more || "");
  show(at("notice"), !!text);
}

// Many messages may come in one frame of the screen: drawn once.
let planned = false;
function plan() {
  if (planned) return;
  planned = true;
  // A page in the background gets no frames, but is to be right all the same.
  const soon = document.hidden ? (act) => setTimeout(act, 250) : requestAnimationFrame;
  soon(() => {
    planned = false;
    draw();
  });
}

function draw() {
  steering.draw();
  drawState();
  drawLevels();
  drawGauges();
  drawCoverage();
  const names = state.watchers.map((watcher) => watcher.by);
  const who = [...new Set(names)].map((name) => (name === me.name ? `${name} (you)` : name));
  setText(at("watchers"), who.join(", ") || "-");
}

function drawState() {
  const { progress } = state;
  let [text, shade] = ["Waiting", ""];
  if (state.over || state.ended) [text, shade] = [state.ended ? `Over: ${words(state.ended)}` : "Over", ""];
  else if (state.standing && !state.connected) [text, shade] = ["Candidate is away", "poor"];
  else if (progress?.paused) [text, shade] = ["Paused", "fair"];
  else if (progress?.taken_by) [text, shade] = [`${progress.taken_by} has the word`, "fair"];
  else if (state.consent === true) [text, shade] = ["Recording", "good"];
  else if (state.standing) text = "Before consent";
  at("state").className = `tag ${shade}`;
  setText(at("state"), text);
  if (!progress) return;
  setText(at("stage"), title(progress.stage));
  setText(at("question"), progress.of ? `${progress.asked} of ${progress.of}` : "-");
  setText(at("left"), clock(progress.left_ms));
  setText(at("connection"), state.over ? "Ended" : state.connected ? "Up" : "Lost");
}

function drawLevels() {
  const level = state.level;
  at("level-near").value = level?.near_db ?? -60;
  at("level-far").value = level?.far_db ?? -60;
  setText(at("recorded"), level ? clock(level.samples / 16) : "-");
  sound.tell();
}

function drawGauges() {
  const { replies, confidences, flags } = state;
  if (replies.length) setText(at("reply"), `${replies.at(-1)} ms (median ${median(replies)})`);
  if (confidences.length) {
    const mean = confidences.reduce((a, b) => a + b) / confidences.length;
    setText(at("confidence"), `${percent(confidences.at(-1))} (mean ${percent(mean)})`);
  }
  if (socket.delay !== null) setText(at("page-delay"), `${Math.round(socket.delay)} ms`);
  show(at("no-flags"), !flags.length);
  keyed(at("flags"), flags.toReversed(), (flag) => flag.seq, (flag) =>
    el("li", {}, el("span", { class: "soft figures" }, `${clock(flag.at)} `), flag.text));
}

function drawCoverage() {
  const all = state.progress?.coverage ?? [];
  show(at("no-coverage"), !all.length);
  keyed(at("coverage"), all, (item) => item.question, () => el("li"), (item, of) => {
    const told = JSON.stringify(of);
    if (item.dataset.told === told) return;
    item.dataset.told = told;
    const name = of.number ? `Question ${of.number}` : of.question.startsWith("own-") ? "Question of a recruiter" : title(of.question);
    const share = of.share === null ? OUTCOMES[of.outcome] ?? words(of.outcome) : percent(of.share);
    const point = (id, shade, said) => el("span", { class: `tag ${shade}` }, `${said} ${words(id)}`);
    item.replaceChildren(
      el("div", { class: "row" }, el("b", {}, name), el("span", { class: "figures" }, share)),
      of.share === null ? "" : el("progress", { max: 1, value: of.share, "aria-label": `${name}: ${share} covered` }),
      el("div", { class: "points" }, of.said.map((id) => point(id, "good", "\u2713")), of.missing.map((id) => point(id, "", "\u2013"))));
  });
}

keys([
  { key: "n", does: "Ask the next question", act: () => steering.act("ask_next") },
  { key: "s", does: "Skip the question", act: () => steering.act("skip") },
  { key: "p", does: "Probe", act: () => steering.act("probe") },
  { key: " ", does: "Pause, or go on", act: () => steering.act(state.progress?.paused ? "resume" : "pause") },
  { key: "t", does: "Write your own words", act: () => at("own").focus() },
  { key: "h", does: "Hand back", act: () => steering.act("hand_back") },
  { key: "b", does: "Bookmark this moment", act: () => notes.bookmark() },
  { key: "m", does: "Write a note", act: () => at("note").focus() },
  { key: "c", does: "Hear the candidate, or not", act: () => sound.toggle("near") },
  { key: "i", does: "Hear the interviewer, or not", act: () => sound.toggle("far") },
  { key: "e", does: "Go to the newest line", act: () => talk.toEnd() },
]);
addEventListener("pagehide", () => socket.close());
socket.open();
