// Small helpers for building what is shown. Text goes in as text only, never
// as markup.

/** The element of this id. */
export const at = (id) => document.getElementById(id);

/**
 * Makes an element. Properties: `class`, `data` (an object), `on` (an object
 * of listeners), `text`; whatever else is an attribute, left out where it is
 * null or false.
 */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** Sets a text only where it is another one: nothing flickers, no screen
 * reader says it twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows or hides. */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/**
 * Brings the children of a list in line with `items`: what is there by the
 * same key is kept and updated, so that focus and selection stay.
 */
export function keyed(parent, items, key, make, update) {
  const there = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let before = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = there.get(name);
    there.delete(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
    }
    if (child === before) before = before.nextElementSibling;
    else parent.insertBefore(child, before);
    update?.(child, item);
  }
  for (const child of there.values()) child.remove();
}

/** Milliseconds as minutes and seconds, with hours where there are some. */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** A moment in the reader's own time and language. */
export function when(unixMs) {
  const day = new Date(unixMs);
  return day.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** A moment as an element that says it exactly to programs. */
export function time(unixMs) {
  return el("time", { datetime: new Date(unixMs).toISOString(), text: when(unixMs) });
}

/** A name of the protocol in words: `time_up` is "time up". */
export const words = (name) => String(name ?? "").replaceAll(/[_-]+/g, " ");

/** The same with a capital first. */
export function title(name) {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "1 problem", "2 problems". */
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
