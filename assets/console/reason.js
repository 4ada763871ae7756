// Why a record is opened: where the engine asks for it, it is asked once for
// each session and goes with every request about it, onto the access log.
import { get, post } from "./api.js";
import { ask } from "./shell.js";

const kept = (id) => `reason:${id}`;

/** A path with a reason in it. */
export function withQuery(path, reason) {
  if (!reason) return path;
  return `${path}${path.includes("?") ? "&" : "?"}reason=${encodeURIComponent(reason)}`;
}

/**
 * Asks for a reason and does something with it; a refusal (it names the
 * candidate) is said where it was asked. Null where none is given.
 */
export async function askReason(question, act = async () => {}) {
  let given = null;
  const field = {
    name: "why", label: "Reason", required: true, maxlength: 500, autocomplete: "off",
    hint: "It stands on the access log and stays there when the record is erased: do not name the candidate.",
  };
  const done = await ask(question, [field], "Go on", async ({ why }) => {
    given = why.trim();
    if (!given) throw new Error("Found nothing, expected a reason");
    await act(given);
  });
  return done ? given : null;
}

/**
 * Requests about one session, each with its reason. Where none is given, the
 * request fails with what the engine says.
 */
export function withReason(id, me) {
  let reason = sessionStorage.getItem(kept(id));
  let asking = null;

  /** Several requests may find out at once that there is none. */
  function need() {
    const tried = (why) => get(withQuery(`/v1/sessions/${id}`, why));
    asking ??= askReason("Why do you open this record?", tried).then((given) => {
      asking = null;
      if (given) {
        reason = given;
        sessionStorage.setItem(kept(id), given);
      }
      return given;
    });
    return asking;
  }

  async function request(send, path) {
    if (me.reason_required && !reason && !(await need())) {
      throw new Error("This record is opened for a stated reason only");
    }
    return send(withQuery(path, reason));
  }
  return {
    get: (path) => request(get, path),
    post: (path, body) => request((asked) => post(asked, body), path),
    /** An address for what asks by itself: sound, links. */
    link: (path) => withQuery(path, reason),
  };
}
