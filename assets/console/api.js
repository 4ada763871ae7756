// Requests to the engine: with the secret that shows that they are this
// page's own, and every refusal as one clear sentence.

/** A request that was refused, or did not arrive. */
export class ApiError extends Error {
  /** `status` is 0 where nothing answered; `code` is the refusal's name. */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

let csrf = null;

/** Who one is, or null where nobody is signed in. */
export async function whoAmI() {
  try {
    const me = await request("GET", "/v1/me");
    csrf = me.csrf;
    return me;
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}

/** The address of the sign-in, from where one comes back to here. */
export function signInAddress() {
  const here = location.pathname + location.search;
  return `/sign-in?next=${encodeURIComponent(here)}`;
}

/** The page that was asked for before the sign-in: one of this server only. */
export function nextPage() {
  const asked = new URLSearchParams(location.search).get("next");
  if (!asked) return null;
  const url = new URL(asked, location.origin);
  const own = url.origin === location.origin && url.pathname !== "/sign-in";
  return own ? url.pathname + url.search : null;
}

/** Asks the engine. A file goes as it is, anything else as JSON; the answer's JSON comes back, null where it has none. */
export async function request(method, path, body, { headers = {}, signal } = {}) {
  const all = { accept: "application/json", ...headers };
  const raw = body instanceof Blob;
  if (body !== undefined) all["content-type"] = raw ? "application/octet-stream" : "application/json";
  if (method !== "GET" && csrf) all["x-csrf-token"] = csrf;
  let answer;
  try {
    const sent = raw || body === undefined ? body : JSON.stringify(body);
    answer = await fetch(path, { method, headers: all, body: sent, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable", "The engine cannot be reached");
  }
  if (!answer.ok) throw await refusal(answer);
  if (answer.status === 204) return null;
  const type = answer.headers.get("content-type") ?? "";
  return type.includes("json") ? answer.json() : answer.text();
}

async function refusal(answer) {
  try {
    const { error, message } = await answer.json();
    return new ApiError(answer.status, error, message);
  } catch {
    return new ApiError(answer.status, "unknown", `The engine answered ${answer.status}`);
  }
}

export const get = (path, options) => request("GET", path, undefined, options);
export const post = (path, body = {}, options) => request("POST", path, body, options);
export const del = (path, options) => request("DELETE", path, undefined, options);
