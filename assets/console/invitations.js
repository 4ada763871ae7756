// Invitations: made, listed, taken back. The link is shown once.
import { at, el, keyed, setText, show, time } from "./dom.js";
import { again, attempt, begin, confirmed, copyButton, say } from "./shell.js";
import { del, get, post } from "./api.js";

const LOOK_EVERY = 5_000;
const STATES = { open: ["open", "good"], used: ["begun", ""], expired: ["expired", "fair"], revoked: ["revoked", "poor"] };

const me = await begin({ needs: "invite" });
const look = again(LOOK_EVERY, list);

async function list() {
  const all = await get("/v1/invitations");
  all.sort((a, b) => b.made_unix_ms - a.made_unix_ms || (a.id < b.id ? 1 : -1));
  keyed(at("list"), all, (invitation) => invitation.id, row, fill);
  show(at("table"), !!all.length);
  show(at("none"), !all.length);
}

function row({ id, candidate, by, expires_unix_ms: until }) {
  const name = candidate || "Without a name";
  const back = el("button", { type: "button", on: { click: () => takeBack(id, name) } }, "Take back");
  return el("tr", {}, el("td", {}, el("b", {}, name)), el("td", { data: { name: "By" } }, by),
    el("td", { data: { name: "Until" } }, time(until)), el("td", {}, el("span", { class: "tag" }), " ", el("a", { class: "small" }, "Session")),
    el("td", {}, back));
}

function fill(element, { state, session }) {
  const [text, shade] = STATES[state] ?? [state, ""];
  const [tag, link] = element.children[3].children;
  tag.className = `tag ${shade}`;
  setText(tag, text);
  show(link, !!session && me.can("read_session"));
  if (session) link.href = `/sessions/${session}`;
  show(element.querySelector("button"), state === "open");
}

async function takeBack(id, name) {
  if (!(await confirmed(`Take back the invitation of ${name}? Its link opens nothing any more.`, "Take it back"))) return;
  await attempt(() => del(`/v1/invitations/${id}`));
  await look();
}

/** Has the engine read a file into its field, where it can be looked over. */
function fileInto(kind) {
  at(`${kind}-file`).addEventListener("change", async ({ target }) => {
    const file = target.files[0];
    if (!file) return;
    const done = await attempt(async () => {
      const read = await post(`/v1/documents/${encodeURIComponent(file.name)}`, file);
      at(kind).value = read.text;
      at(`${kind}-name`).value = read.name;
    });
    if (!done) target.value = "";
  });
}
fileInto("job");
fileInto("resume");

const paper = (kind) => ({ name: at(`${kind}-name`).value, text: at(kind).value });

function setup() {
  const wanted = {
    job: paper("job"),
    settings: {
      mode: at("mode").value,
      questions: Number(at("questions").value),
      minutes: Number(at("minutes").value),
      pause_factor: Number(at("pause").value),
      typed: at("typed").checked,
      captions: at("captions").checked,
    },
  };
  if (at("candidate").value.trim()) wanted.candidate = at("candidate").value.trim();
  if (at("resume").value.trim()) wanted.resume = paper("resume");
  return wanted;
}

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!at("job").value.trim()) {
    say("The job is missing: expected its text or a file");
    return at("job").focus();
  }
  const wrong = [...at("form").elements].find((field) => !field.checkValidity());
  if (wrong) {
    const details = wrong.closest("details");
    if (details) details.open = true;
    return wrong.reportValidity();
  }
  at("make").disabled = true;
  await attempt(async () => {
    const made = await post("/v1/invitations", { setup: setup(), days: Number(at("days").value) });
    at("link").value = made.link ?? made.token;
    setText(at("made-for"), made.candidate || "the candidate");
    at("made-acts").replaceChildren(copyButton(at("link")));
    show(at("made"), true);
    at("form").reset();
    at("link").focus();
    at("link").select();
  });
  at("make").disabled = false;
  await look();
});
