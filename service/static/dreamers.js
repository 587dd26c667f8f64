// What is known of each dreamer, folded from the stream as the service folds it.

const CLOSED = new Set(["NORMAL", "PENDING", "RESOLVED"]);
const URGENCY = { high: 0, medium: 1, low: 2 };

/** @type {Map<string, object>} */
export const dreamers = new Map();

/** Takes in one message; returns the names of the dreamers it changed. */
export function apply(message) {
  if (message.type === "snapshot") return replaceAll(message.data.dreamers);
  if (message.type === "heartbeat") return applyCoverage(message.data.coverage);
  const dreamer = known(message.dreamer);
  APPLY[message.type]?.(dreamer, message.data, message.at);
  return [message.dreamer];
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
      Object.assign(dreamer, { epochs: [], stage: null, wake: null, usage: null });
    }
    dreamer.session = data;
  },
  epoch(dreamer, data, at) {
    dreamer.stage = { ...data, at };
    dreamer.epochs[data.index] = data;
  },
  coverage(dreamer, data) {
    dreamer.coverage = data.coverage;
    dreamer.coverage_reason = data.reason;
  },
  alarm(dreamer, data) {
    if (CLOSED.has(data.state)) dreamer.alarms.delete(data.alarm_id);
    else dreamer.alarms.set(data.alarm_id, data);
  },
  wake(dreamer, data) {
    dreamer.wake = data;
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
      session: null,
      stage: null,
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
    dreamers.set(state.dreamer, { ...state, alarms, epochs: epochs.get(state.dreamer) ?? [] });
  }
  return [...dreamers.keys()];
}

function applyCoverage(coverage) {
  return Object.entries(coverage)
    .filter(([name, now]) => known(name).coverage !== now)
    .map(([name, now]) => {
      known(name).coverage = now;
      return name;
    });
}
