// Candidates of one job side by side: blind, until names are asked for.
import { at, clock, count, el, show } from "./dom.js";
import { get, post } from "./api.js";
import { attempt, begin, say } from "./shell.js";
import { askReason, withQuery } from "./reason.js";
import { chip } from "./player-scores.js";

const me = await begin({ needs: "compare" });

let unknown = false;
const began = await attempt(async () => {
  const jobs = await get("/v1/jobs");
  const asked = new URLSearchParams(location.search).get("job");
  show(at("nothing"), !jobs.length);
  show(at("job").parentElement, !!jobs.length);
  at("job").append(...jobs.map((job) =>
    el("option", { value: job.id, selected: job.id === asked }, `${job.position}${job.company ? `, ${job.company}` : ""} (${job.interviews})`)));
  unknown = asked !== null && !jobs.some((job) => job.id === asked);
  at("job").addEventListener("change", () => {
    history.replaceState(null, "", `/compare?job=${at("job").value}`);
    // Those of another job must not stand under this one's name.
    show(at("comparison"), false);
    show(at("blind"), false);
    attempt(blind);
  });
  if (jobs.length) await blind();
});
if (began && unknown) say("There is no such job with a finished interview; another one is shown");
document.body.dataset.ready = "yes";

async function blind() {
  const job = at("job").value;
  const path = `/v1/jobs/${job}/comparison`;
  if (!me.reason_required) return draw(job, await get(path));
  const given = await askReason("Why do you compare these candidates?", async (why) => draw(job, await get(withQuery(path, why))));
  if (!given) throw new Error("Records are opened here for a stated reason only");
}

/** Names are an act of its own: with a reason, on the access log. */
async function unblind() {
  const job = at("job").value;
  const path = `/v1/jobs/${job}/comparison/names`;
  await askReason("Why do you need the names?", async (why) => draw(job, await post(path, { why })));
}

/** Shows a job's candidates, unless another job was chosen meanwhile. */
function draw(job, comparison) {
  if (at("job").value !== job) return;
  const { named, candidates, questions } = comparison;
  show(at("comparison"), true);
  show(at("blind"), true);
  at("blind").replaceChildren(
    el("span", {}, named
      ? "Names are shown. That you asked for them stands on the access log."
      : "Names, times and session numbers are hidden, and the order follows neither time nor score. What was said is quoted; it can still tell who somebody is."),
    " ",
    el("button", { type: "button", id: "names", on: { click: () => attempt(named ? blind : unblind) } }, named ? "Hide the names" : "Show the names"));
  at("table").tHead.replaceChildren(el("tr", {}, el("th", { scope: "col" }, "Question"), candidates.map(head)));
  at("table").tBodies[0].replaceChildren(...questions.map((question) => el("tr", {},
    el("th", { scope: "row" }, el("b", {}, question.title),
      question.asked ? el("details", {}, el("summary", { class: "small" }, "As asked"), el("p", { class: "small" }, question.asked)) : null,
      el("span", { class: "small soft" }, `${question.level}, asked of ${question.count} of ${candidates.length}`)),
    question.cells.map((cell, i) => el("td", {}, inside(cell, candidates[i]))))));
  at("left-out").textContent = comparison.left_out.map(({ why, count: n }) => `${count(n, "interview")} left out: ${why}.`).join(" ");
  if (!candidates.length) at("table").tBodies[0].append(el("tr", {}, el("td", { class: "empty" }, "There is nobody to compare.")));
}

function head(candidate) {
  const { who } = candidate;
  const name = who ? el("a", { href: `/sessions/${who.session}` }, who.candidate) : `Candidate ${candidate.letter}`;
  const mean = typeof candidate.mean === "number" ? candidate.mean.toFixed(1) : "–";
  return el("th", { scope: "col" }, el("b", { class: "who" }, name), who ? el("span", { class: "small soft" }, ` ${candidate.letter}`) : null,
    el("div", { class: "small" }, el("span", { class: "mean figures" }, mean), ` mean of ${candidate.scored} of ${candidate.asked}`),
    el("div", { class: "small soft" }, candidate.recommendation));
}

function inside(cell, { who }) {
  if (!cell) return [el("span", { class: "soft" }, "not asked")];
  const facts = [cell.struggled && "struggled", cell.probes && count(cell.probes, "follow-up")].filter(Boolean);
  const quote = (wrong) => (one) => el("li", { class: wrong ? "wrong" : null },
    el("span", { class: "small soft" }, `${wrong ? "Mistaken: " : ""}${one.says}`), el("q", {}, one.quote),
    who && typeof one.start_ms === "number" ? el("a", { class: "small", href: `/sessions/${who.session}#t=${one.start_ms / 1000}` }, ` ${clock(one.start_ms)}`) : null);
  const rests = cell.evidence.length + cell.misconceptions.length;
  return [
    chip(cell.score), " ", el("span", { class: "small soft" }, facts.join(", ")),
    cell.abstained ? el("p", { class: "small" }, cell.abstained) : null,
    rests || cell.missing.length
      ? el("details", {}, el("summary", { class: "small" }, `Said ${cell.evidence.length}, missing ${cell.missing.length}`),
        el("ul", { class: "quotes" }, cell.evidence.map(quote(false)), cell.misconceptions.map(quote(true))),
        cell.missing.length ? el("div", { class: "small soft" }, "Not said:", el("ul", { class: "missing" }, cell.missing.map((point) => el("li", {}, point)))) : null)
      : null,
  ];
}
