// Live and past sessions.
import { begin } from "./shell.js";

await begin({ needs: "list_sessions" });
