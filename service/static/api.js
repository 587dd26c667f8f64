// Requests to the service. A refusal is thrown as an Error with the service's own words, and its
// `status` and `code`.

const BASE = "/api/v1";

export async function request(path, options) {
  const response = await fetch(BASE + path, options);
  const body = await response.json();
  if (!response.ok) {
    const words = typeof body.detail === "string" ? body.detail : response.statusText;
    throw Object.assign(new Error(words), { status: response.status, code: body.error });
  }
  return body;
}

export function command(path, fields = {}) {
  return request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ command_id: crypto.randomUUID(), ...fields }),
  });
}

const alarmPath = (alarm, what) => `/alarms/${encodeURIComponent(alarm.alarm_id)}/${what}`;
const dreamerPath = (dreamer, what) => `/dreamers/${encodeURIComponent(dreamer)}/${what}`;

export const hypnogram = (dreamer) => request(dreamerPath(dreamer, "hypnogram"));
export const wake = (dreamer) => command(dreamerPath(dreamer, "wake"));
export const respond = (dreamer) => command(dreamerPath(dreamer, "respond"), { by: "technician" });
export const acknowledge = (alarm) =>
  command(alarmPath(alarm, "ack"), { expected_version: alarm.version });
export const resolve = (alarm, disposition) =>
  command(alarmPath(alarm, "resolve"), { expected_version: alarm.version, disposition });
