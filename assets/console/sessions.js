// Live and past sessions; kept up to date without a flicker.
import { at, clock, count, el, keyed, setText, show, time, words } from "./dom.js";
import { again, begin, say } from "./shell.js";
import { get } from "./api.js";

/** How often the lists are looked at, milliseconds. */
const LIVE_EVERY = 2_000;
const PAST_EVERY = 10_000;
/** Past sessions that are asked for at once. */
const PAGE = 50;

const me = await begin({ needs: "list_sessions" });

/** What is searched for; stands in the address, so that it can be shared. */
const asked = new URLSearchParams(location.search);
at("q").value = asked.get("q") ?? "";
at("state").value = asked.get("state") ?? "";

let newest = [];
let older = [];
let next = null;
/** Counts the searches: what answers an older one is not shown. */
let searches = 0;
/** Whether older ones are being fetched. */
let fetching = false;
let live = [];

const lookPast = again(PAST_EVERY, past);
if (me.can("watch_live")) again(LIVE_EVERY, watch);

async function watch() {
  const before = live.map((standing) => standing.session).join();
  live = await get("/v1/live");
  keyed(at("live"), live, (standing) => standing.session, liveRow, fillLive);
  show(at("no-live"), !live.length);
  // What was live is past now.
  if (before !== live.map((standing) => standing.session).join()) lookPast();
}

function liveRow(standing) {
  return el("article", { class: "row-live" },
    el("p", { class: "top-line" },
      el("a", { href: `/live/${standing.session}` }), el("span", { class: "tag" })),
    el("p", { class: "small where" }),
    el("p", { class: "small last" }),
    el("p", { class: "small problems" }),
    el("p", { class: "small soft watchers" }));
}

function fillLive(row, standing) {
  const part = (name) => row.querySelector(name);
  const { progress } = standing;
  const [text, shade] = stateOf(standing);
  row.className = `row-live ${shade === "poor" ? "away" : shade === "good" ? "" : "waiting"}`;
  part(".tag").className = `tag ${shade}`;
  setText(part("a"), standing.candidate || "Candidate without a name");
  setText(part(".tag"), text);
  const where = [standing.position, words(progress.stage)];
  if (progress.of) where.push(`question ${progress.asked} of ${progress.of}`);
  if (standing.consent) where.push(`${clock(progress.left_ms)} left`);
  setText(part(".where"), where.filter(Boolean).join(" · "));
  setText(part(".last"), standing.last_line);
  setText(part(".problems"), standing.problems.length ? `${count(standing.problems.length, "problem")}; the last: ${standing.problems.at(-1)}` : "");
  const names = [...new Set(standing.watchers.map((watcher) => watcher.by))];
  setText(part(".watchers"), names.length ? `Followed by ${names.join(", ")}` : "");
}

function stateOf({ connected, consent, progress }) {
  if (!connected) return ["Candidate is away", "poor"];
  if (progress.paused) return ["Paused", "fair"];
  if (progress.taken_by) return [`${progress.taken_by} has the word`, "fair"];
  return consent ? ["Recording", "good"] : ["Before consent", ""];
}

/** By names only: a look through what was said is logged, and no line is shown here. */
function query(before, name = "name") {
  const wanted = new URLSearchParams({ limit: PAGE });
  const q = at("q").value.trim();
  if (q) wanted.set(name, q);
  if (at("state").value) wanted.set("state", at("state").value);
  if (before) wanted.set("before", before);
  return wanted;
}

async function past() {
  const search = searches;
  const page = await get(`/v1/sessions?${query()}`);
  if (search !== searches) return;
  if (older.length || fetching) {
    // Newer ones push others off the page: they belong to the older ones now.
    // What left it from within is gone.
    const pushed = newest.filter((session) => page.next && session.id < page.next);
    older = joined(pushed, older);
  } else {
    next = page.next;
  }
  newest = page.sessions;
  draw();
}

/** Two lists as one, without those of the second that stand in the first. */
function joined(first, second) {
  const known = new Set(first.map((session) => session.id));
  return first.concat(second.filter((session) => !known.has(session.id)));
}

function draw() {
  const all = joined(newest, older);
  // A session that is live stands above.
  const shown = all.filter((session) => session.state !== "writing");
  keyed(at("past"), shown, (session) => session.id, pastRow, fillPast);
  const searched = at("q").value.trim() || at("state").value;
  setText(at("no-past"), searched ? "No session fits. Search for less, or for every state." : `There is no past session yet. ${me.can("invite") ? "Invite a candidate: see Invitations." : ""}`);
  show(at("no-past"), !shown.length);
  show(at("table"), !!shown.length);
  show(at("more"), !!next);
}

function pastRow(session) {
  return el("tr", {},
    el("td", {}, el("a", { href: `/sessions/${session.id}` }, session.candidate || session.id), el("div", { class: "small soft" }, session.position)),
    el("td", { data: { name: "Began" } }, time(session.began_unix_ms)),
    el("td", { data: { name: "Length" }, class: "figures" }),
    el("td", {}, el("span", { class: "tag" }), " ", el("span", { class: "small reason" })),
    el("td", { class: "small last" }),
    el("td", { data: { name: "Problems" }, class: "small" }));
}

const SHADES = { complete: "good", interrupted: "fair", incomplete: "fair", damaged: "poor" };

function fillPast(row, { state, duration_ms: length, glance }) {
  const [, , duration, standing, last, problems] = row.children;
  setText(duration, state === "erased" ? "" : clock(length));
  const [tag, reason] = standing.children;
  tag.className = `tag ${SHADES[state] ?? ""}`;
  setText(tag, words(state));
  setText(reason, glance?.ended ? words(glance.ended) : glance ? `in ${words(glance.stage)}` : "");
  setText(last, glance?.last_line ?? "");
  const found = glance?.problem_count ?? 0;
  setText(problems, found ? String(found) : "");
  problems.title = glance?.problems.join("\n") ?? "";
}

at("more").addEventListener("click", async () => {
  if (!next || fetching) return;
  const search = searches;
  fetching = true;
  at("more").setAttribute("aria-disabled", "true");
  try {
    const page = await get(`/v1/sessions?${query(next)}`);
    if (search === searches) {
      older = joined(older, page.sessions);
      next = page.next;
    }
  } catch (error) {
    say(error);
  }
  fetching = false;
  at("more").removeAttribute("aria-disabled");
  await lookPast();
});

let typing = null;
function search() {
  searches += 1;
  [newest, older, next] = [[], [], null];
  clearTimeout(typing);
  typing = setTimeout(() => {
    const wanted = query(null, "q");
    wanted.delete("limit");
    history.replaceState(null, "", wanted.size ? `?${wanted}` : location.pathname);
    lookPast();
  }, 200);
}
at("q").addEventListener("input", search);
at("state").addEventListener("change", search);
at("search").addEventListener("submit", (event) => event.preventDefault());
