// Finished interviews with their documents, and what can be said of several.
import { at, count, el, show, time } from "./dom.js";
import { get } from "./api.js";
import { attempt, begin } from "./shell.js";
import { askReason, withQuery, withReason } from "./reason.js";
import { showDocuments } from "./documents.js";

const me = await begin({ needs: "read_session" });
const chosen = new Set();
let next = null;
/** What the list answers to. */
let shown = "";
/** Counts the requests: only the newest is shown. */
let loads = 0;
let loading = false;

at("q").value = new URLSearchParams(location.search).get("q") ?? "";
at("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const q = at("q").value.trim();
  history.replaceState(null, "", q ? `/reports?q=${encodeURIComponent(q)}` : "/reports");
  attempt(() => load(true));
});
at("more").addEventListener("click", () => {
  // More of another search would begin in its middle.
  if (!loading) attempt(() => load(at("q").value.trim() !== shown));
});
at("study").addEventListener("click", () => study(`sessions=${[...chosen].join(",")}`));

await attempt(() => load(true));
if (me.can("compare")) await attempt(jobs);
document.body.dataset.ready = "yes";

async function load(anew) {
  const q = at("q").value.trim();
  const query = new URLSearchParams({ state: "complete", limit: "50", name: q });
  if (!anew && next) query.set("before", next);
  const mine = ++loads;
  busy(true);
  try {
    const page = await get(`/v1/sessions?${query}`);
    if (mine === loads) list(page, anew, q);
  } finally {
    if (mine === loads) busy(false);
  }
}

function busy(is) {
  loading = is;
  at("more").setAttribute("aria-disabled", String(is));
}

function list(page, anew, q) {
  shown = q;
  if (anew) at("reports").replaceChildren();
  const known = new Set([...at("reports").children].map((line) => line.dataset.session));
  at("reports").append(...page.sessions.filter((session) => !known.has(session.id)).map(item));
  next = page.next;
  show(at("more"), !!next);
  const none = !at("reports").children.length;
  show(at("no-reports"), none);
  at("no-reports").textContent = q ? `No finished interview fits “${q}”.` : "No interview is finished yet.";
}

function item(session) {
  const documents = el("div", { class: "documents" });
  const choose = el("input", { type: "checkbox", "aria-label": `Choose the interview of ${session.candidate}`, on: {
    change: () => {
      if (choose.checked) chosen.add(session.id);
      else chosen.delete(session.id);
      at("study").disabled = !chosen.size;
      at("study").textContent = `Study of the chosen (${chosen.size})`;
    },
  } });
  choose.checked = chosen.has(session.id);
  const details = el("details", {}, el("summary", {}, "Documents"), documents);
  // Reading the list is a look into the record: only when it is asked for.
  details.addEventListener("toggle", () => {
    if (details.open && !documents.children.length) showDocuments(documents, session.id, me, withReason(session.id, me), { sound: false });
  });
  const minutes = Math.max(1, Math.round(session.duration_ms / 60_000));
  return el("li", { data: { session: session.id } },
    me.can("compare") ? choose : null,
    el("div", { class: "about" },
      el("a", { href: `/sessions/${session.id}` }, el("b", {}, session.candidate || "Unnamed")), " ", session.position,
      el("div", { class: "small soft" }, time(session.began_unix_ms), ` · ${count(minutes, "minute")}`),
      details));
}

async function jobs() {
  const all = await get("/v1/jobs");
  show(at("no-jobs"), !all.length);
  show(at("jobs"), !!all.length);
  at("jobs").tBodies[0].replaceChildren(...all.map((job) => el("tr", {},
    el("td", {}, el("b", {}, job.position), job.company ? ` ${job.company}` : ""),
    el("td", { class: "figures", data: { name: "Interviews" } }, String(job.interviews)),
    el("td", { data: { name: "Last" } }, time(job.last_unix_ms)),
    el("td", { class: "together" },
      el("a", { class: "button", href: `/compare?job=${job.id}` }, "Compare"),
      el("button", { type: "button", on: { click: () => study(`job=${job.id}`) } }, "Study")))));
}

async function study(which) {
  const open_ = (why) => window.open(withQuery(`/v1/study/page?${which}`, why), "_blank", "noopener");
  if (!me.reason_required) return open_(null);
  await askReason("Why do you study these interviews?", async (why) => {
    // A refusal is better said here than in another window.
    await get(withQuery(`/v1/study?${which}`, why));
    open_(why);
  });
}
