// What is known of each dreamer, folded from the stream as the service folds it.

const CLOSED = new Set(["NORMAL", "PENDING", "RESOLVED"]);
const RESPONSE = "RESPONSE"; // tells what followed a cue; the wake protocol stands as before
const URGENCY = { high: 0, medium: 1, low: 2 };

/** @type {Map<string, object>} */
export const dreamers = new Map();

/** Takes in one message; returns the names of the dreamers it changed. */
export function apply(message) {
  if (message.type === "snapshot") return replaceAll(message.data.dreamers);
  if (message.type === "heartbeat") return applyHeartbeat(message.data);
  const dreamer = known(message.dreamer);
  APPLY[message.type]?.(dreamer, message.data, message.at);
  return [message.dreamer];
}

/** Nothing that was live is now; returns the names of all. */
export function forgetLive() {
  dreamers.forEach((dreamer) => (dreamer.live = null));
  return [...dreamers.keys()];
}

/** Open alarms, the most urgent first. */
export function byUrgency(dreamer) {
  return [...dreamer.alarms.values()].sort(
    (a, b) =>
      URGENCY[a.priority] - URGENCY[b.priority] ||
      (a.raised_at ?? "").localeCompare(b.raised_at ?? ""),
  );
}

const APPLY = {
  session(dreamer, data) {
    if (data.status === "started") {
      Object.assign(dreamer, { epochs: [], stage: null, live: null, wake: null, usage: null });
    }
    dreamer.session = data;
  },
  epoch(dreamer, data, at) {
    dreamer.stage = { ...data, at };
    dreamer.epochs[data.index] = data;
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
    else dreamer.alarms.set(data.alarm_id, data);
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
      coverage: "NOT_MONITORED",
      coverage_reason: null,
      said: null,
      session: null,
      stage: null,
      live: null,
      wake: null,
      usage: null,
      alarms: new Map(),
      epochs: [],
    });
  }
  return dreamers.get(name);
}

function replaceAll(list) {
  const epochs = new Map([...dreamers].map(([name, { epochs }]) => [name, epochs]));
  dreamers.clear();
  for (const state of list) {
    const alarms = new Map(state.alarms.map((alarm) => [alarm.alarm_id, alarm]));
    const said = { coverage: state.coverage, reason: state.coverage_reason };
    const kept = { live: null, epochs: epochs.get(state.dreamer) ?? [] };
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
