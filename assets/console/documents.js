// The documents of one session, to open and, by right, to take a copy of.
import { el } from "./dom.js";

const size = (bytes) => (bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);

/** Lists them in `box`. */
export async function showDocuments(box, id, me, reason, { sound = true } = {}) {
  let all;
  try {
    all = await reason.get(`/v1/sessions/${id}/documents`);
  } catch (error) {
    box.replaceChildren(el("p", { class: "empty" }, error.message));
    return;
  }
  const copies = me.can("download");
  const link = (path) => reason.link(path);
  const row = (path, name, about, bytes, opens) => el("li", {},
    el("span", {}, opens ? el("a", { href: link(path), target: "_blank", rel: "noopener" }, name) : name, " ", el("span", { class: "small soft" }, about, bytes ? `, ${size(bytes)}` : "")),
    copies ? el("a", { class: "button", href: link(`${path}?copy=1`), download: "", "aria-label": `Copy of ${name}` }, "Copy") : null);
  const rows = all.map((one) => row(`/v1/sessions/${id}/documents/${one.name}`, one.name, one.about, one.bytes, true));
  if (sound && copies) rows.push(row(`/v1/sessions/${id}/audio`, "call.wav", "The recording: candidate left, recruiter right", 0, false));
  box.replaceChildren(
    rows.length ? el("ul", { class: "plain files" }, rows) : el("p", { class: "empty" }, "No documents: the session was not brought to its end."),
    copies ? "" : el("p", { class: "small soft" }, "Your role reads documents here and takes no copies; compliance may."));
}
