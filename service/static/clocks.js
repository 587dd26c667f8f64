// What time it is in each session: a replay may run faster than life, this computer's clock may be off.

const RATE_OVER_MS = 2000;
const clocks = new Map();

/** Learns from a message when it is; its speed from the live stages, which come as time passes. */
export function hear({ dreamer, type, at, data }, now = performance.now()) {
  if (dreamer === undefined) return;
  const then = clocks.get(dreamer) ?? { rate: 1, since: null };
  const told = { ...then, at: Date.parse(at), now };
  if (type === "session" && data.status === "ended") Object.assign(told, { rate: 1, since: null });
  if (type === "stage") pace(told, now);
  clocks.set(dreamer, told);
}

/** Milliseconds until a time of the dreamer's session; null before anything was heard. */
export function until(dreamer, at, now = performance.now()) {
  const clock = clocks.get(dreamer);
  if (!clock || !at) return null;
  return (Date.parse(at) - clock.at) / clock.rate - (now - clock.now);
}

function pace(clock, now) {
  const { since, at } = clock;
  if (since === null || at < since.at) {
    clock.since = { at, now };
  } else if (now - since.now >= RATE_OVER_MS) {
    const rate = (at - since.at) / (now - since.now);
    clock.rate = rate > 0.5 && rate < 2 ? 1 : Math.max(rate, 0.1);
    clock.since = { at, now };
  }
}
