// What is known of each dreamer, folded from the stream as the service folds it.

import { RANK } from "./words.js";

const CLOSED = new Set(["NORMAL", "PENDING", "RESOLVED"]);
const RESPONSE = "RESPONSE"; // tells what followed a cue; the wake protocol stands as before
const UNTAKEN = new Set(["ACTIVE_UNACK", "RTN_UNACK"]);
const GRAVEST = "UNRESPONSIVE"; // whatever else has risen to high since

/** @type {Map<string, object>} */
export const dreamers = new Map();

/** Takes in one message; returns the names of the dreamers it changed. */
export function apply(message) {
  if (message.type === "snapshot") return replaceAll(message.data.dreamers);
  if (message.type === "heartbeat") return applyHeartbeat(message.data);
  const dreamer = known(message.dreamer);
  if ("seq" in message) dreamer.seq = message.seq;
  APPLY[message.type]?.(dreamer, message.data, message.at);
  return [message.dreamer];
}

/** Nothing that was live is now; returns the names of all. */
export function forgetLive() {
  dreamers.forEach((dreamer) => (dreamer.live = null));
  return [...dreamers.keys()];
}

/** Open alarms, the most urgent first. */
export const byUrgency = (dreamer) => [...dreamer.alarms.values()].sort(compareAlarms);

/** UNRESPONSIVE before all, then by priority; of those alike what nobody has taken on: the least first. */
export const urgency = (alarm) => 2 * (alarm.kind === GRAVEST ? -1 : RANK[alarm.priority]) + isTaken(alarm);

/** The most urgent first, of those alike the oldest; the service sorts them so too. */
export function compareAlarms(a, b) {
  return (
    urgency(a) - urgency(b) ||
    (a.raised_at ?? "").localeCompare(b.raised_at ?? "") ||
    a.alarm_id.localeCompare(b.alarm_id)
  );
}

export const isTaken = ({ state }) => !UNTAKEN.has(state);

/** Whether somebody has taken on all that are as grave as the first; there is one. */
export const areTaken = (alarms) => alarms.every((alarm) => alarm.priority !== alarms[0].priority || isTaken(alarm));

const APPLY = {
  session(dreamer, data, at) {
    if (data.status === "started") {
      Object.assign(dreamer, { stage: null, live: null, wake: null, usage: null });
      begin(dreamer, data.session);
    }
    const startedAt = new Date(Date.parse(at) - (1000 * data.sample) / data.sfreq).toISOString();
    dreamer.session = { ...data, started_at: startedAt };
  },
  epoch(dreamer, data, at) {
    dreamer.stage = { ...data, at };
    if (dreamer.night !== data.session) begin(dreamer, data.session);
    dreamer.stages[data.index] = data.stage;
  },
  stage(dreamer, data, at) {
    dreamer.live = { ...data, at };
  },
  coverage(dreamer, data) {
    dreamer.said = { coverage: data.coverage, reason: data.reason };
    dreamer.coverage = data.coverage;
    dreamer.coverage_reason = data.reason;
  },
  alarm(dreamer, data) {
    if (CLOSED.has(data.state)) dreamer.alarms.delete(data.alarm_id);
    else dreamer.alarms.set(data.alarm_id, { ...data, dreamer: dreamer.dreamer });
  },
  wake(dreamer, data) {
    if (data.step !== RESPONSE) dreamer.wake = data;
  },
  usage(dreamer, data) {
    dreamer.usage = data;
  },
};

function known(name) {
  if (!dreamers.has(name)) {
    dreamers.set(name, {
      dreamer: name,
      seq: 0,
      coverage: "NOT_MONITORED",
      coverage_reason: null,
      said: null,
      session: null,
      stage: null,
      live: null,
      wake: null,
      usage: null,
      alarms: new Map(),
      night: null,
      stages: [],
    });
  }
  return dreamers.get(name);
}

/** A night's stages, a list by epoch number that may have holes, belong to one session. */
function begin(dreamer, session) {
  dreamer.night = session;
  dreamer.stages = [];
}

/** Fills in the epochs of before this page was opened; those streamed meanwhile stay. */
export function fillNight({ dreamer: name, session, epochs }) {
  const dreamer = dreamers.get(name);
  if (dreamer?.session?.session !== session) return;
  if (dreamer.night !== session) begin(dreamer, session);
  for (const { index, stage } of epochs) dreamer.stages[index] ??= stage;
}

function replaceAll(list) {
  const nights = new Map([...dreamers].map(([name, { night, stages }]) => [name, { night, stages }]));
  dreamers.clear();
  for (const state of list) {
    const alarms = new Map(state.alarms.map((alarm) => [alarm.alarm_id, alarm]));
    const said = { coverage: state.coverage, reason: state.coverage_reason };
    const kept = { live: null, ...(nights.get(state.dreamer) ?? { night: null, stages: [] }) };
    dreamers.set(state.dreamer, { ...state, ...kept, said, alarms });
  }
  return [...dreamers.keys()];
}

/** A heartbeat overrides what the log said last; a reason is shown only for its own coverage. */
function applyHeartbeat({ coverage, reasons }) {
  return Object.keys(coverage).filter((name) => {
    const dreamer = known(name);
    const before = [dreamer.coverage, dreamer.coverage_reason?.text];
    const said = dreamer.said?.coverage === coverage[name] ? dreamer.said.reason : null;
    dreamer.coverage = coverage[name];
    dreamer.coverage_reason = reasons[name] ?? said;
    return dreamer.coverage !== before[0] || dreamer.coverage_reason?.text !== before[1];
  });
}
