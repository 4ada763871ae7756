// Runs in a page; tells what somebody could not read or would not be told.
const wrong = [];
const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
const named = (e) => (e.getAttribute("aria-label") || e.textContent || "").trim() ||
  e.labels?.length || document.getElementById(e.getAttribute("aria-labelledby"));
const place = (e) => `${e.tagName.toLowerCase()}#${e.id}.${e.className} "${e.textContent.trim().slice(0, 30)}"`;

if (document.documentElement.lang !== "en") wrong.push("the page has no language");
if (document.querySelectorAll("h1").length !== 1) wrong.push("expected one h1");
for (const e of document.querySelectorAll("button, a, input, select, textarea, meter, progress, summary")) {
  if (shown(e) && !named(e)) wrong.push(`no name: ${place(e)}`);
}

const parse = (color) => {
  const found = /^rgba?\(([^)]+)\)$/.exec(color);
  return found && found[1].split(/[,/ ]+/).map(Number);
};
const light = ([r, g, b]) => {
  const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
};
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const color = parse(getComputedStyle(e).backgroundColor);
    if (!color) return null;
    if (color[3] === undefined || color[3] === 1) return color;
    if (color[3] > 0) return null;
  }
  return [255, 255, 255];
};
for (const e of document.querySelectorAll("body *")) {
  const text = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
  // What cannot be used now may be pale.
  if (!text || !shown(e) || e.closest("option, :disabled, [aria-disabled=true]")) continue;
  const [ink, paper] = [parse(getComputedStyle(e).color), ground(e)];
  if (!ink || !paper) continue;
  const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)}: ${place(e)}`);
}
return wrong;
