// The open alarms of all beds, the most urgent first, and what a person can do about them.

import { attemptCommand } from "./acts.js";
import { acknowledge } from "./api.js";
import { until } from "./clocks.js";
import { deescalate, resolve, shelve, silence } from "./commands.js";
import { askFinding, askShelve } from "./dialogs.js";
import { arrange, clone, mark, parts, show, write } from "./dom.js";
import { compareAlarms, dreamers, isTaken } from "./dreamers.js";
import { Hold, settle } from "./hold.js";
import { may } from "./me.js";
import { alarmName, alarmState, clockTime, countdown, priorityName } from "./words.js";

const NEVER_ASIDE = new Set(["UNRESPONSIVE", "SIGNAL_LOST", "UNATTENDED"]); // the service refuses it

const REST_MS = 3_000;
const SILENCE_S = 120;
const STREAM_MS = 500; // the stream may be so far behind an answer
const AWAY = new Set(["SHELVED", "INHIBITED"]);

export const openAlarms = () => [...dreamers.values()].flatMap((d) => [...d.alarms.values()]).sort(compareAlarms);

/** Alarms that may make a sound now. */
export const sounding = () =>
  openAlarms()
    .filter((alarm) => !isTaken(alarm) && !alarm.audio_paused_until)
    .map(({ alarm_id: key, priority }) => ({ key, priority }));

/** A list of alarms: of everybody, or of the dreamers that `wants` lets pass. */
export class AlarmList {
  #rows = new Map();
  #hold;

  constructor(list, wants = () => true) {
    this.list = list;
    this.wants = wants;
    this.#hold = new Hold(list, REST_MS);
  }

  show(alarms = openAlarms()) {
    const wanted = alarms.filter(this.wants);
    const ids = new Set(wanted.map(({ alarm_id: id }) => id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
    const elements = wanted.map((alarm) => this.#row(alarm));
    arrange(this.list, settle(this.list, elements, this.#hold.holds));
  }

  tick() {
    for (const row of this.#rows.values()) row.tick();
  }

  #row(alarm) {
    const row = this.#rows.get(alarm.alarm_id) ?? new Row();
    this.#rows.set(alarm.alarm_id, row);
    row.show(alarm);
    return row.element;
  }
}

class Row {
  constructor() {
    this.element = clone("alarm");
    this.parts = parts(this.element);
    this.parts.ack.onclick = () => take(this.alarm);
    this.parts.silence.onclick = () => act(this.alarm, (alarm) => silence(alarm, SILENCE_S), "silent for two minutes");
    this.parts.deescalate.onclick = () => act(this.alarm, deescalate, "fewer people are told");
    this.parts.shelve.onclick = () => putAside(this.alarm);
    this.parts.resolve.onclick = () => close(this.alarm);
  }

  show(alarm) {
    this.alarm = alarm;
    const { parts } = this;
    mark(this.element, "priority", alarm.priority);
    mark(this.element, "state", alarm.state);
    mark(this.element, "taken", isTaken(alarm));
    write(parts.priority, priorityName(alarm.priority));
    write(parts.kind, alarmName(alarm));
    write(parts.who, alarm.dreamer);
    parts.who.href = `#/dreamers/${encodeURIComponent(alarm.dreamer)}`;
    write(parts.reason, (alarm.state !== "SHELVED" && alarm.finding) || alarm.reason.text);
    write(parts.state, alarmState(alarm));
    this.#showButtons(alarm);
    this.tick();
  }

  #showButtons(alarm) {
    const { parts } = this;
    const open = !isTaken(alarm);
    const attends = may("attend");
    parts.ack.setAttribute("aria-label", `Acknowledge ${alarmName(alarm)}, ${alarm.dreamer}`);
    show(parts.ack, attends && open);
    show(parts.silence, attends && open && !alarm.audio_paused_until);
    show(parts.deescalate, attends && alarm.escalation_level > 0 && !AWAY.has(alarm.state));
    show(parts.shelve, attends && alarm.priority !== "high" && !NEVER_ASIDE.has(alarm.kind) && alarm.state !== "SHELVED" && alarm.state !== "AWAIT_DISPOSITION");
    show(parts.resolve, attends && !open);
  }

  /** How long it has been going on, and what ends by itself when. */
  tick() {
    const { alarm } = this;
    const left = until(alarm.dreamer, alarm.shelved_until ?? alarm.audio_paused_until);
    const what = alarm.shelved_until ? "aside" : "silent";
    const since = alarm.raised_at ? `since ${clockTime(alarm.raised_at)}` : "";
    write(this.parts.time, left === null ? since : `${since} · ${what} for ${countdown(left)}`);
  }
}

const underWay = new Set(); // what was asked for here, until the stream has told of it

/** Sends a command of this page once, however often it is tapped. */
async function act(alarm, send, done) {
  const asked = `${alarm.alarm_id} ${done}`;
  if (underWay.has(asked)) return;
  underWay.add(asked);
  const words = `${alarmName(alarm)}, ${alarm.dreamer}: ${done}`;
  const carriedOut = await attemptCommand(() => sendFresh(alarm, send), words, alarm);
  setTimeout(() => underWay.delete(asked), carriedOut ? STREAM_MS : 0);
}

/** Once more, with what the stream has told meanwhile, when time alone has changed the alarm. */
async function sendFresh(alarm, send) {
  const sent = asItIs(alarm);
  try {
    return await send(sent);
  } catch (error) {
    if (error.code !== "stale_version") throw error;
    await new Promise((resolve) => setTimeout(resolve, STREAM_MS));
    const now = asItIs(alarm);
    if (now.version <= sent.version) throw error;
    return send(now);
  }
}

/** The alarm's latest version, as long as no person has changed it. */
function asItIs(alarm) {
  const now = dreamers.get(alarm.dreamer)?.alarms.get(alarm.alarm_id);
  return now?.state === alarm.state && now.acked_by === alarm.acked_by ? now : alarm;
}

export const take = (alarm) => act(alarm, acknowledge, "acknowledged");

async function putAside(alarm) {
  const chosen = await askShelve(`${alarmName(alarm)}, ${alarm.dreamer}`);
  if (chosen) await act(alarm, (now) => shelve(now, chosen.reason, chosen.seconds), "put aside");
}

async function close(alarm) {
  const found = await askFinding(`${alarmName(alarm)}, ${alarm.dreamer}`);
  if (found) await act(alarm, (now) => resolve(now, found.disposition, found.note), "closed");
}
