// People and tokens, for administrators.
import { at, el, keyed, setText, show, time, words } from "./dom.js";
import { again, ask, attempt, begin, confirmed, copyButton, say } from "./shell.js";
import { del, get, post } from "./api.js";

const LOOK_EVERY = 15_000;

const me = await begin({ needs: "manage_accounts" });
const look = again(LOOK_EVERY, list);

async function list() {
  const [people, tokens] = await Promise.all([get("/v1/users"), get("/v1/tokens")]);
  keyed(at("people"), people, (person) => person.name, person, fillPerson);
  tokens.sort((a, b) => b.made_unix_ms - a.made_unix_ms);
  keyed(at("tokens"), tokens, (token) => token.id, tokenRow, fillToken);
  show(at("tokens-table"), !!tokens.length);
  show(at("no-tokens"), !tokens.length);
}

function person({ name, changed_unix_ms: changed }) {
  const you = name === me.name ? " (you)" : "";
  return el("tr", {}, el("td", {}, el("b", {}, name), you), el("td", { data: { name: "Roles" } }), el("td", { data: { name: "Password set" } }, time(changed)),
    el("td", {},
      el("button", { type: "button", class: "password", "aria-label": `New password for ${name}`, on: { click: () => newPassword(name) } }, "New password"),
      el("button", { type: "button", class: "remove danger", "aria-label": `Remove ${name}`, on: { click: () => remove(name) } }, "Remove")));
}

function fillPerson(row, { roles, changed_unix_ms: changed }) {
  setText(row.children[1], roles.map(words).join(", "));
  const set = row.children[2].firstElementChild;
  const now = time(changed);
  if (set.dateTime !== now.dateTime) set.replaceWith(now);
}

async function remove(name) {
  if (!(await confirmed(`Remove the account of ${name}? He or she is signed out at once.`, "Remove"))) return;
  await attempt(() => del(`/v1/users/${encodeURIComponent(name)}`));
  await look();
}

function newPassword(name) {
  const field = { name: "password", label: "12 characters at least", type: "password", autocomplete: "new-password", minlength: 12, maxlength: 256, required: true };
  ask(`New password for ${name}`, [field], "Set it", async (given) => {
    await post(`/v1/users/${encodeURIComponent(name)}/password`, given);
    await look();
  });
}

at("person").addEventListener("submit", async (event) => {
  event.preventDefault();
  const roles = [...at("person").querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value);
  if (!roles.length) return say("Choose a role at least");
  const added = await attempt(() => post("/v1/users", { name: at("user").value.trim(), password: at("password").value, roles }));
  if (added) at("person").reset();
  await look();
});

function tokenRow({ id, label, role, expires_unix_ms: until }) {
  return el("tr", {}, el("td", {}, el("b", {}, label)), el("td", { data: { name: "Role" } }, words(role)), el("td", { data: { name: "Until" } }, time(until)),
    el("td", {}, el("span", { class: "tag" })),
    el("td", {}, el("button", { type: "button", "aria-label": `Take back ${label}`, on: { click: () => takeBack(id, label) } }, "Take back")));
}

function fillToken(row, { revoked_unix_ms: revoked, expires_unix_ms: until }) {
  const [text, shade] = revoked ? ["revoked", "poor"] : until < Date.now() ? ["expired", "fair"] : ["good", "good"];
  const tag = row.children[3].firstElementChild;
  tag.className = `tag ${shade}`;
  setText(tag, text);
  show(row.querySelector("button"), text === "good");
}

async function takeBack(id, label) {
  if (!(await confirmed(`Take back the token ${label}? Programs that use it are refused at once.`, "Take it back"))) return;
  await attempt(() => del(`/v1/tokens/${id}`));
  await look();
}

at("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await attempt(async () => {
    const made = await post("/v1/tokens", { label: at("label").value, role: at("role").value, days: Number(at("days").value) });
    at("token").value = made.token;
    setText(at("issued-for"), made.label);
    at("issued-acts").replaceChildren(copyButton(at("token")));
    show(at("issued"), true);
    at("token-form").reset();
    at("token").select();
  });
  await look();
});
