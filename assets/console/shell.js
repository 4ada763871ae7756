// What every page has: who is signed in, the way to the other pages, one line
// for what went wrong, and help for the keyboard.
import { at, el, show } from "./dom.js";
import { post, signInAddress, whoAmI } from "./api.js";

/** The pages, and the right that makes each useful. */
const PAGES = [
  { path: "/sessions", name: "Sessions", needs: "list_sessions" },
  { path: "/reports", name: "Reports", needs: "read_session" },
  { path: "/compare", name: "Compare", needs: "compare" },
  { path: "/invitations", name: "Invitations", needs: "invite" },
  { path: "/accounts", name: "Accounts", needs: "manage_accounts" },
];

/** Where a browser remembers that single keys do nothing. */
const KEYS_OFF = "viva-keys-off";

/** Says what went wrong, or, without a text, nothing any more. */
export function say(problem) {
  const text = problem?.message ?? problem ?? "";
  const said = at("said");
  said.textContent = text && !/[.!?]$/.test(text) ? `${text}.` : text;
  show(said, !!text);
}

/** Does something; where it is refused, says so. Whether it was done. */
export async function attempt(act) {
  try {
    await act();
    say();
    return true;
  } catch (error) {
    if (error.status === 401) location.assign(signInAddress());
    else say(error);
    return false;
  }
}

/**
 * Begins a page for somebody who is signed in: goes to the sign-in otherwise.
 * Comes back with who it is; `me.can(right)` says what he or she may do.
 */
export async function begin({ needs } = {}) {
  const me = await whoAmI().catch((error) => {
    say(error);
    throw error;
  });
  if (!me) {
    location.replace(signInAddress());
    return new Promise(() => {});
  }
  me.can = (right) => me.may.includes(right);
  furnish(me);
  if (needs && !me.can(needs)) {
    say(`Your role (${me.roles.join(", ")}) may not ${needs.replaceAll("_", " ")}`);
    return new Promise(() => {});
  }
  return me;
}

function furnish(me) {
  const links = PAGES.filter((page) => me.can(page.needs)).map((page) => {
    const here = location.pathname === page.path;
    return el("a", { href: page.path, "aria-current": here && "page" }, page.name);
  });
  at("nav").replaceChildren(...links);
  const out = el("button", { type: "button", id: "out", on: { click: signOut } }, "Sign out");
  const name = el("button", { type: "button", class: "me", title: `${me.roles.join(", ")}: change the password`, on: { click: ownPassword } }, me.name);
  at("who").replaceChildren(name, out);
}

function ownPassword() {
  ask("Change your password", [
    { name: "old", label: "Password until now", type: "password", autocomplete: "current-password", required: true },
    { name: "new", label: "New password (12 characters at least)", type: "password", autocomplete: "new-password", minlength: 12, maxlength: 256, required: true },
  ], "Change it", async (given) => {
    await post("/v1/me/password", given);
    // Whoever was signed in by the old one is signed out.
    location.assign(signInAddress());
  });
}

async function signOut() {
  if (await attempt(() => post("/v1/sign-out"))) location.assign("/sign-in");
}

/**
 * Keys of a page: `{key, does, act}`. None counts while somebody writes, or
 * together with control, alt or meta. `?` shows what there is.
 */
export function keys(list) {
  // Who speaks to the computer, or types by accident, switches them off.
  const active = el("input", { type: "checkbox" });
  active.checked = localStorage.getItem(KEYS_OFF) === null;
  active.addEventListener("change", () => {
    if (active.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
  });
  const dialog = el("dialog", { id: "keys", "aria-labelledby": "keys-title" },
    el("h2", { id: "keys-title" }, "Keyboard"),
    el("dl", { class: "keys" }, list.concat({ key: "?", does: "Show this list" }).map(({ key, does }) =>
      el("div", {}, el("dt", {}, el("kbd", {}, key === " " ? "Space" : key)), el("dd", {}, does)))),
    el("label", { class: "choice" }, active, " These keys act by themselves"),
    el("form", { method: "dialog" }, el("p", { class: "acts" }, el("button", { class: "main" }, "Close"))));
  document.body.append(dialog);
  const help = el("button", { type: "button", id: "help", title: "Keyboard", "aria-label": "Keyboard shortcuts",
    on: { click: () => dialog.showModal() } }, "?");
  at("who").prepend(help);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input, textarea, select")) return;
    // Space and Enter belong to the button that has the focus.
    const onButton = event.target.closest?.("button, a, summary");
    if (onButton && (event.key === " " || event.key === "Enter")) return;
    if (event.key === "?") dialog.showModal();
    else if (!active.checked) return;
    else {
      const found = list.find(({ key }) => key === event.key);
      if (!found) return;
      found.act(event);
    }
    event.preventDefault();
  });
}

/** Asks before something that cannot be undone; whether it is wanted. */
export function confirmed(question, yes) {
  return new Promise((answer) => {
    const dialog = el("dialog", { class: "confirm" },
      el("form", { method: "dialog" },
        el("p", {}, question),
        el("p", { class: "acts" },
          el("button", { value: "no", autofocus: true }, "Cancel"),
          el("button", { value: "yes", class: "danger" }, yes))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Asks for a few things in a dialog and does something with them; a refusal
 * is said in the dialog, which stays. Comes back with whether it was done.
 */
export function ask(title, fields, yes, act) {
  const problem = el("p", { class: "said", role: "alert", hidden: true });
  const rows = fields.map(({ name, label, hint, ...more }) => [
    el("label", { for: `ask-${name}` }, label),
    el("input", { id: `ask-${name}`, name, "aria-describedby": hint && `hint-${name}`, ...more }),
    hint ? el("p", { class: "hint", id: `hint-${name}` }, hint) : null,
  ]);
  const form = el("form", {}, el("h2", { id: "ask-title" }, title), problem, rows.flat(),
    el("p", { class: "acts" },
      el("button", { type: "button", on: { click: () => dialog.close() } }, "Cancel"),
      el("button", { class: "main" }, yes)));
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "ask-title" }, form);
  let done = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await act(Object.fromEntries(new FormData(form)));
      done = true;
      dialog.close();
    } catch (error) {
      problem.textContent = `${error.message}.`;
      show(problem, true);
    }
  });
  const closed = new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(done);
    });
  });
  document.body.append(dialog);
  dialog.showModal();
  return closed;
}

/** A button that copies what stands in a field. */
export function copyButton(field) {
  const button = el("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      // Without a secure connection there is no clipboard: what is selected
      // can be copied by hand.
      button.textContent = "Selected: copy it now";
    }
  });
  return button;
}

/**
 * Does something now and again every so many milliseconds, not while the page
 * is out of sight, and never twice at once; where it is refused, that is said
 * until it succeeds. Comes back with a way to do it at once.
 */
export function again(every, act) {
  let [running, wanted] = [false, false];
  let said = null;
  const look = async () => {
    try {
      await act();
      // What is said about something else stays.
      if (said !== null && at("said").textContent === said) say();
      said = null;
    } catch (error) {
      if (error.status === 401) location.assign(signInAddress());
      say(error);
      said = at("said").textContent;
    }
  };
  const go = async () => {
    if (running) {
      wanted = true;
      return;
    }
    running = true;
    do {
      wanted = false;
      await look();
    } while (wanted);
    running = false;
  };
  setInterval(() => document.hidden || go(), every);
  document.addEventListener("visibilitychange", () => document.hidden || go());
  go();
  return go;
}
