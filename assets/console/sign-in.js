// Signing in; afterwards one is where one wanted to go.
import { at, show } from "./dom.js";
import { nextPage, post, whoAmI } from "./api.js";
import { say } from "./shell.js";

/** Where people without interviews to look at begin. */
const START = [["list_sessions", "/sessions"], ["invite", "/invitations"], ["manage_accounts", "/accounts"]];

function goOn(me) {
  const start = START.find(([right]) => me.may.includes(right));
  const next = nextPage() ?? start?.[1];
  if (next) {
    location.replace(next);
    return;
  }
  at("in").textContent = `You are signed in as ${me.name} (${me.roles.join(", ")}). There is no page for this role.`;
  show(at("in"), true);
  show(at("form"), false);
}

async function look() {
  const me = await whoAmI();
  if (me) return goOn(me);
  show(at("form"), true);
  at("name").focus();
}

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say();
  try {
    await post("/v1/sign-in", { name: at("name").value, password: at("password").value });
    await look();
  } catch (error) {
    say(error);
    at("password").value = "";
    at("password").focus();
  }
});

look().catch(say);
