// What a person asks of the service beyond `api.js`.

import { command, request } from "./api.js";

const alarmPath = (alarm, what) => `/alarms/${encodeURIComponent(alarm.alarm_id)}/${what}`;
const onAlarm = (alarm, what, fields = {}) =>
  command(alarmPath(alarm, what), { expected_version: alarm.version, ...fields });

export const silence = (alarm, seconds) => onAlarm(alarm, "silence", { duration_s: seconds });
export const deescalate = (alarm) => onAlarm(alarm, "deescalate");
export const shelve = (alarm, reason, seconds) => onAlarm(alarm, "shelve", { reason, duration_s: seconds });
export const resolve = (alarm, disposition, note) => onAlarm(alarm, "resolve", { disposition, note });
export const unresponsive = (dreamer) => command(`/dreamers/${encodeURIComponent(dreamer)}/unresponsive`);

export const beginSession = (dreamer) => command(`/dreamers/${encodeURIComponent(dreamer)}/sessions`);
export const endSession = (dreamer) => command(`/dreamers/${encodeURIComponent(dreamer)}/sessions/end`);

export const usage = (dreamer) => request(`/dreamers/${encodeURIComponent(dreamer)}/usage`);
export const events = (cursor, limit) =>
  request(`/events?${new URLSearchParams({ cursor: JSON.stringify(cursor), limit })}`);
