// Requests to the service. A refusal is thrown as an Error with the service's own words, and its
// `status` and `code`. Who has to sign in first is sent to the page for it; a page that was let in
// once stays when that ends, and says so.

const BASE = "/api/v1";
const LOGIN = "/login";
let wasLetIn = false;

export async function request(path, options) {
  const response = await fetch(BASE + path, options);
  const body = response.status === 204 ? null : await response.json();
  if (response.ok) {
    wasLetIn = true;
    return body;
  }
  if (response.status === 401 && location.pathname !== LOGIN) (wasLetIn ? signedOut : signIn)();
  const words = typeof body.detail === "string" ? body.detail : response.statusText;
  throw Object.assign(new Error(words), { status: response.status, code: body.error });
}

export function post(path, fields = {}, options = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf() };
  return request(path, { method: "POST", headers, body: JSON.stringify(fields), ...options });
}

export const command = (path, fields = {}) =>
  post(path, { command_id: crypto.randomUUID(), ...fields });

/** What shows the service that it is this page that asks; empty where nobody has signed in. */
const csrf = () => document.cookie.match(/(?:^|; )(?:__Host-)?dreamwatch_csrf=(\w+)/)?.[1] ?? "";

export function signIn() {
  const back = location.pathname + location.search + location.hash;
  location.assign(`${LOGIN}?next=${encodeURIComponent(back)}`);
}

let signedOut = signIn;

/** What a page that was let in does when its sign-in ends, so that it need not go away. */
export const whenSignedOut = (act) => (signedOut = act);

export const me = (options) => request("/me", options);
export const logIn = (token) => post("/login", { token });
export const logOut = () => post("/logout").then(signIn);
export const ticket = (options) => post("/tickets", {}, options);

const alarmPath = (alarm, what) => `/alarms/${encodeURIComponent(alarm.alarm_id)}/${what}`;
const dreamerPath = (dreamer, what) => `/dreamers/${encodeURIComponent(dreamer)}/${what}`;

export const hypnogram = (dreamer) => request(dreamerPath(dreamer, "hypnogram"));
export const wake = (dreamer) => command(dreamerPath(dreamer, "wake"));
export const respond = (dreamer) => command(dreamerPath(dreamer, "respond"), { by: "technician" });
export const acknowledge = (alarm) =>
  command(alarmPath(alarm, "ack"), { expected_version: alarm.version });
export const resolve = (alarm, disposition) =>
  command(alarmPath(alarm, "resolve"), { expected_version: alarm.version, disposition });
