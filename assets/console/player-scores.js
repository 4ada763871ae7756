// Scores with the words that they rest on.
import { clock, el } from "./dom.js";

const is = (n) => typeof n === "number";

/** `go(ms, {play, mark})` leads to the words. */
export function showScores(box, session, { go }) {
  const advice = session.recommendation;
  box.replaceChildren();
  if (advice?.text) {
    box.append(el("div", { class: "advice" },
      el("b", {}, advice.text), advice.because ? el("p", {}, advice.because) : null,
      advice.rule ? el("details", {}, el("summary", {}, "The rule"), el("p", { class: "small soft" }, advice.rule)) : null));
  }
  for (const question of session.questions) box.append(card(question, go));
  if (!session.questions.length) box.append(el("p", { class: "empty" }, "No planned question was asked."));
  const sealed = session.scores_sealed ? "These are the sealed scores." : "The record has no report as it was sealed; these were folded from its log now.";
  box.append(el("p", { class: "small soft" }, `${sealed} ${session.scored_by ? `Scored by ${session.scored_by}. ` : ""}A correction moves no score.`));
}

function card(question, go) {
  const facts = [
    is(question.relevance) && `relevance to the job ${question.relevance.toFixed(2)}`,
    question.struggled && "struggled",
    question.follow_ups?.length && `${question.follow_ups.length} follow-up${question.follow_ups.length > 1 ? "s" : ""}`,
  ].filter(Boolean);
  return el("article", { class: "score" },
    el("h3", {}, el("span", {}, `${question.number}. ${question.title ?? ""}`), chip(question.score)),
    question.abstained ? el("p", {}, `Not scored: ${question.abstained}`) : null,
    question.why ? el("p", { class: "small soft" }, question.why) : null,
    facts.length ? el("p", { class: "small soft" }, facts.join(" · ")) : null,
    (question.evidence ?? []).map((one) => quote(one, false, go)),
    (question.misconceptions ?? []).map((one) => quote(one, true, go)),
    question.missing?.length
      ? el("details", {}, el("summary", {}, `Not said (${question.missing.length})`), el("ul", { class: "small" }, question.missing.map((point) => el("li", {}, point))))
      : null);
}

/** A score as a small label. */
export function chip(score) {
  if (!is(score)) return el("span", { class: "tag" }, "not scored");
  const kind = score >= 4 ? "good" : score === 3 ? "fair" : "poor";
  return el("span", { class: `tag figures ${kind}` }, `${score} of 5`);
}

function quote(evidence, wrong, go) {
  const has = is(evidence.start_ms) && is(evidence.end_ms);
  const act = () => go(evidence.start_ms, { play: true, mark: evidence });
  return el("button", { type: "button", class: wrong ? "quote wrong" : "quote", disabled: !has, on: { click: act } },
    el("small", {}, `${wrong ? "Mistaken: " : ""}${evidence.says || evidence.id}${has ? ` · ${clock(evidence.start_ms)}` : ""}`),
    el("q", {}, evidence.quote ?? ""));
}
