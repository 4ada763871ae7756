
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const make = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined && text !== null) e.textContent = text;
    return e;
  };
  const clock = (ms) => {
    const s = Math.floor(ms / 1000);
    return Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
  };
  const isTime = (ms) => typeof ms === "number";

  // Header and badge.
  document.title = "Interview of " + data.candidate;
  $("candidate").textContent = data.candidate + (data.redacted ? " (redacted copy)" : "");
  $("about").textContent = [data.position, data.company, data.began, data.session].filter(Boolean).join(" · ");
  const checked = data.checked;
  const good = checked.whole && checked.follows !== false;
  $("badge").className = good ? "good" : "bad";
  const word = !checked.whole ? checked.problems.length + (checked.problems.length === 1 ? " problem" : " problems")
    : checked.follows === false ? "Whole, but does not follow from its inputs" : "Verified";
  $("badge").querySelector("summary").textContent = (good ? "\u2713 " : "\u2717 ") + word + " at export";
  const box = $("checked");
  box.append(make("p", "", "Checked on " + data.checked_at + " by " + checked.program + ":"));
  const looked = make("ul");
  for (const line of checked.looked_at) looked.append(make("li", "", line));
  box.append(looked);
  if (checked.problems.length + checked.differences.length) {
    const wrong = make("ul", "bad");
    for (const p of checked.problems) wrong.append(make("li", "", p.kind.replace(/_/g, " ") + ": " + p.place + ": " + p.detail));
    for (const d of checked.differences) wrong.append(make("li", "", "does not follow from the inputs: " + d));
    box.append(wrong);
  }
  box.append(make("p", "", "This is what was found then. Whether these files are still the same, only a new check can tell: viva verify record --trust KEY, with a key that you have from its owner."));

  // Player.
  const audio = $("audio");
  const length = () => data.audio_ms || (audio.duration || 0) * 1000;
  const now = () => audio.currentTime * 1000;
  const seek = (ms, play) => {
    if (!data.audio) return;
    audio.currentTime = Math.max(0, Math.min(length(), ms)) / 1000;
    if (play && audio.paused) audio.play().catch(() => {});
    show();
  };
  if (data.audio) {
    audio.src = data.audio;
  } else {
    $("lanes").remove();
    $("bar").replaceChildren(make("span", "", "This session has no recording: it was typed, or consent was not given."));
  }

  // Two lanes, drawn from the outline that came with the page.
  const wave = $("wave");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  const draw = () => {
    if (!data.audio || !data.outline) return;
    const scale = window.devicePixelRatio || 1;
    const w = (wave.width = wave.clientWidth * scale);
    const h = (wave.height = wave.clientHeight * scale);
    const g = wave.getContext("2d");
    const total = length() || 1;
    const lane = h / 2;
    const lanes = [["candidate", css("--near"), lane / 2], ["recruiter", css("--far"), lane * 1.5]];
    for (const gap of data.gaps) {
      const x = (gap.start_ms / total) * w;
      const wide = Math.max(1, ((gap.end_ms - gap.start_ms) / total) * w);
      g.fillStyle = css("--line");
      g.fillRect(x, gap.track === "candidate" ? 0 : lane, wide, lane);
    }
    for (const [who, colour, middle] of lanes) {
      const levels = data.outline[who];
      const shown = total / 1000 * data.outline.columns_per_second;
      g.fillStyle = colour;
      for (let x = 0; x < w; x++) {
        const from = Math.floor((x / w) * shown);
        const to = Math.max(from + 1, Math.floor(((x + 1) / w) * shown));
        let loud = 0;
        for (let i = from; i < to && i < levels.length; i++) loud = Math.max(loud, levels[i]);
        // Quiet speech shows, too.
        const high = Math.max(1, Math.sqrt(loud / 100) * lane * 0.92);
        g.fillRect(x, middle - high / 2, 1, high);
      }
    }
    g.fillStyle = css("--ink");
    g.fillRect((now() / total) * w - scale, 0, 2 * scale, h);
  };
  wave.addEventListener("pointerdown", (e) => {
    const at = (e.clientX - wave.getBoundingClientRect().left) / wave.clientWidth;
    seek(at * length(), false);
  });
  window.addEventListener("resize", draw);
  audio.addEventListener("loadedmetadata", draw);

  $("play").addEventListener("click", () => (audio.paused ? audio.play().catch(() => {}) : audio.pause()));
  $("back").addEventListener("click", () => seek(now() - 5000));
  $("on").addEventListener("click", () => seek(now() + 5000));
  $("speed").addEventListener("change", (e) => { audio.playbackRate = Number(e.target.value); });
  audio.addEventListener("play", () => { $("play").textContent = "Pause"; tick(); });
  audio.addEventListener("pause", () => { $("play").textContent = "Play"; });
  audio.addEventListener("error", () => {
    $("gapnote").textContent = "The recording cannot be played: unpack the whole archive into one folder.";
  });
  document.addEventListener("keydown", (e) => {
    if (/^(INPUT|SELECT|BUTTON|SUMMARY)$/.test(e.target.tagName)) return;
    if (e.key === " ") { e.preventDefault(); $("play").click(); }
    else if (e.key === "ArrowLeft") seek(now() - 5000);
    else if (e.key === "ArrowRight") seek(now() + 5000);
  });

  // Transcript.
  const words = [];
  const turns = [];
  const script = $("transcript");
  script.append(make("h2", "", "Transcript"));
  for (const turn of data.turns) {
    const block = make("div", "turn " + turn.who);
    const name = turn.who === "candidate" ? "Candidate" : "AI Recruiter";
    const at = isTime(turn.start_ms) ? clock(turn.start_ms) : "";
    const notes = [turn.typed ? "typed" : "", turn.heard !== null && turn.heard !== undefined ? "interrupted" : ""].filter(Boolean);
    block.append(make("div", "head", [name, at, ...notes].filter(Boolean).join(" · ")));
    const text = make("p");
    if (turn.words && turn.words.length) {
      turn.words.forEach((w, i) => {
        if (i) text.append(" ");
        const span = make("span", "word seek" + (w.confidence < 0.5 ? " unsure" : ""), w.text);
        span.title = clock(w.start_ms) + (w.confidence < 0.5 ? ", heard with little confidence" : "");
        span.addEventListener("click", () => seek(w.start_ms, true));
        words.push({ start: w.start_ms, end: w.end_ms, span });
        text.append(span);
      });
    } else {
      const heard = turn.heard !== null && turn.heard !== undefined;
      text.textContent = heard ? turn.heard + " … [interrupted; meant: " + turn.text + "]" : turn.text;
      if (isTime(turn.start_ms)) {
        text.className = "seek";
        text.addEventListener("click", () => seek(turn.start_ms, true));
      }
    }
    block.append(text);
    if (turn.corrected) {
      block.append(make("p", "corrected", "Corrected by " + turn.corrected.by + ": " + turn.corrected.text));
    }
    script.append(block);
    if (isTime(turn.start_ms) && isTime(turn.end_ms)) turns.push({ start: turn.start_ms, end: turn.end_ms, block });
  }
  words.sort((a, b) => a.start - b.start);

  // What is heard now; the transcript follows.
  let lastTurn = null;
  let lastWord = null;
  const show = () => {
    const at = now();
    $("time").textContent = clock(at) + " / " + clock(length());
    wave.setAttribute("aria-valuemax", String(Math.round(length() / 1000)));
    wave.setAttribute("aria-valuenow", String(Math.round(at / 1000)));
    wave.setAttribute("aria-valuetext", clock(at));
    const gap = data.gaps.find((g) => at >= g.start_ms && at < g.end_ms);
    $("gapnote").textContent = gap ? "Nothing was recorded here (" + gap.track + "): " + gap.why : "";
    const current = turns.find((t) => at >= t.start && at < t.end);
    const said = words.find((w) => at >= w.start && at < w.end);
    if (lastWord && lastWord !== said) lastWord.span.classList.remove("now");
    if (said) { said.span.classList.add("now"); }
    lastWord = said || null;
    if (current && current !== lastTurn) {
      if (lastTurn) lastTurn.block.classList.remove("now");
      current.block.classList.add("now");
      lastTurn = current;
      if ($("follow").checked) {
        script.scrollTop = current.block.offsetTop - script.clientHeight / 3;
      }
    }
    draw();
  };
  const tick = () => {
    show();
    if (!audio.paused) requestAnimationFrame(tick);
  };
  audio.addEventListener("seeked", show);
  audio.addEventListener("timeupdate", show);

  // Scores with their evidence.
  const cite = (from, to) => {
    for (const w of words) w.span.classList.toggle("cited", w.start < to && w.end > from);
    const first = words.find((w) => w.start < to && w.end > from);
    if (first) script.scrollTop = first.span.offsetTop - script.clientHeight / 3;
  };
  const scores = $("scores");
  scores.append(make("h2", "", "Scores"));
  const advice = data.recommendation;
  if (advice && advice.text) {
    scores.append(make("p", "", advice.text + ". " + (advice.because || "")));
    if (advice.rule) {
      const rule = make("details");
      rule.append(make("summary", "", "The rule"), make("p", "why", advice.rule));
      scores.append(rule);
    }
  }
  if (!data.questions.length) scores.append(make("p", "why", "No planned question was asked."));
  const quote = (e, wrong) => {
    const button = make("button", "quote" + (wrong ? " wrong" : ""));
    button.type = "button";
    button.append(make("small", "", (wrong ? "Mistaken: " : "") + (e.says || e.id || "") + (isTime(e.start_ms) ? " · " + clock(e.start_ms) : "")));
    button.append("“" + (e.quote || "") + "”");
    if (isTime(e.start_ms) && isTime(e.end_ms)) {
      button.addEventListener("click", () => { cite(e.start_ms, e.end_ms); seek(e.start_ms, true); });
    } else {
      button.disabled = true;
    }
    return button;
  };
  for (const q of data.questions) {
    const card = make("div", "score");
    const title = make("h3");
    title.append(make("span", "", "Q" + q.number + " " + (q.title || "")));
    title.append(make("span", "", isTime(q.score) ? q.score + " / 5" : "not scored"));
    card.append(title);
    if (q.abstained) card.append(make("p", "why", "Not scored: " + q.abstained));
    if (q.why) card.append(make("p", "why", q.why));
    const meta = [isTime(q.relevance) ? "relevance to the job " + q.relevance.toFixed(2) : "", q.struggled ? "struggled" : ""].filter(Boolean);
    if (meta.length) card.append(make("p", "meta", meta.join(" · ")));
    for (const e of q.evidence || []) card.append(quote(e, false));
    for (const e of q.misconceptions || []) card.append(quote(e, true));
    if (q.missing && q.missing.length) card.append(make("p", "why", "Not said: " + q.missing.join("; ")));
    scores.append(card);
  }
  if (!data.scores_sealed) scores.append(make("p", "why", "The record has no sealed report; this one was made at export."));
  if (data.stated.length) {
    scores.append(make("h2", "", "Stated after the seal"));
    for (const s of data.stated) {
      const row = make("div", "stated");
      row.append(make("b", "", s.kind + " by " + s.by + " on " + new Date(s.at_unix_ms).toISOString().slice(0, 10)));
      row.append(make("pre", "", JSON.stringify(s.body, null, 1)));
      scores.append(row);
    }
  }

  // A place in the address, as in index.html#t=83, is where it begins.
  const place = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (place) audio.addEventListener("loadedmetadata", () => seek(Number(place[1]) * 1000), { once: true });
  draw();
  show();
})();
