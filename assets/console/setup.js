// The first administrator, by the link that the engine printed once.
import { at } from "./dom.js";
import { post } from "./api.js";
import { say } from "./shell.js";

const token = location.hash.slice(1);
// The token stays out of the history and of what is copied from the address.
history.replaceState(null, "", location.pathname);
if (!token) say("The link is not whole: open the one that the engine printed");
at("name").focus();

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [name, password] = [at("name").value, at("password").value];
  if (password !== at("again").value) return say("The two passwords differ");
  const roles = ["recruiter", "compliance"].filter((role) => at(role).checked);
  try {
    await post("/v1/setup", { token, name, password, roles });
    location.assign("/sign-in");
  } catch (error) {
    say(error);
  }
});
