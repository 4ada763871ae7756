// Why a record is opened: where the engine asks for it, it is asked once for
// each session and goes with every request about it, onto the access log.
import { at, el, show } from "./dom.js";
import { get, post } from "./api.js";

const kept = (id) => `reason:${id}`;

function withQuery(path, reason) {
  if (!reason) return path;
  return `${path}${path.includes("?") ? "&" : "?"}reason=${encodeURIComponent(reason)}`;
}

/** Asks for a reason; null where it is not given. */
export function askReason(question, { why = "", wrong = "" } = {}) {
  return new Promise((answer) => {
    const field = el("textarea", { id: "reason-text", rows: 3, maxlength: 500, required: true, "aria-describedby": "reason-hint" });
    field.value = why;
    const told = el("p", { class: "said", role: "alert" }, wrong);
    show(told, !!wrong);
    const dialog = el("dialog", { class: "reason", "aria-labelledby": "reason-title" },
      el("form", { method: "dialog" },
        el("h2", { id: "reason-title" }, question),
        told,
        el("label", { for: "reason-text" }, "Reason"),
        field,
        el("p", { class: "hint", id: "reason-hint" }, "It stands on the access log and stays there when the record is erased: do not name the candidate."),
        el("p", { class: "acts" },
          el("button", { type: "button", on: { click: () => dialog.close() } }, "Cancel"),
          el("button", { class: "main", value: "given" }, "Go on"))));
    dialog.addEventListener("close", () => {
      const text = field.value.trim();
      dialog.remove();
      answer(dialog.returnValue === "given" && text ? text : null);
    });
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}

/**
 * Requests about one session, each with its reason. Where none is given, the
 * request fails with what the engine says.
 */
export function withReason(id, me) {
  let reason = sessionStorage.getItem(kept(id));
  let asking = null;

  async function need(wrong) {
    asking ??= askReason("Why do you open this record?", { why: reason ?? "", wrong }).then((given) => {
      asking = null;
      if (given) {
        reason = given;
        sessionStorage.setItem(kept(id), given);
      }
      return given;
    });
    return asking;
  }

  async function request(ask, path) {
    if (me.reason_required && !reason && !(await need())) {
      throw new Error("This record is opened for a stated reason only");
    }
    for (;;) {
      try {
        return await ask(withQuery(path, reason));
      } catch (error) {
        const refused = error.status === 428 || (error.status === 409 && /reason/i.test(error.message));
        if (!refused || !(await need(error.message))) throw error;
      }
    }
  }
  return {
    get: (path, options) => request((with_) => get(with_, options), path),
    post: (path, body) => request((with_) => post(with_, body), path),
    /** An address for what asks by itself: sound, links. */
    link: (path) => withQuery(path, reason),
    /** Sees to it that a reason is there before a link is followed. */
    ready: async () => !me.reason_required || !!reason || !!(await need()),
  };
}
