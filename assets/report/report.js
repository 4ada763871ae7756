"use strict";
// A click on a time plays the recording from there, and the turn that is
// being heard is marked. Without this script the times are plain links.
(() => {
  const call = document.getElementById("call");
  if (!call) return;
  const told = document.getElementById("call-told");
  let usable = true;
  const failed = () => {
    usable = false;
    told.textContent = "The recording cannot be played: it is not where this report looks for it.";
  };
  call.addEventListener("error", failed);
  if (call.error) failed();
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-t]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || !usable) return;
    event.preventDefault();
    call.currentTime = Number(link.dataset.t);
    call.play().catch(() => {});
  });
  const turns = Array.from(document.querySelectorAll("[data-from]"), (turn) => ({
    turn, from: Number(turn.dataset.from), to: Number(turn.dataset.to),
  }));
  call.addEventListener("timeupdate", () => {
    for (const { turn, from, to } of turns) {
      if (!call.paused && call.currentTime >= from && call.currentTime < to) turn.setAttribute("aria-current", "true");
      else turn.removeAttribute("aria-current");
    }
  });
})();
