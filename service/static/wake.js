// The wake protocol: where it stands, until when, and what a person can say to it.

import { attemptCommand } from "./acts.js";
import { respond, wake } from "./api.js";
import { until } from "./clocks.js";
import { unresponsive } from "./commands.js";
import { ask } from "./dialogs.js";
import { mark, show, write } from "./dom.js";
import { dreamers } from "./dreamers.js";
import { may } from "./me.js";
import { countdown, stepName } from "./words.js";

const ENDED = new Set(["IDLE", "WOKEN"]);

export const isWaking = ({ wake }) => wake !== null && !ENDED.has(wake.step);

export function wireWake(parts, name) {
  parts.start.onclick = () => confirmThen(name, "wake", () => wake(name));
  parts.answered.onclick = () => attemptCommand(() => respond(name), `${name}: noted that the dreamer answered`);
  parts.unresponsive.onclick = () => confirmThen(name, "unresponsive", () => unresponsive(name));
}

const QUESTIONS = {
  wake: (name) => ({
    title: `Wake ${name} now?`,
    text: "The wake protocol starts at once: a loud tone and the spoken name, louder each round, until there is an answer.",
    yes: "Wake now",
  }),
  unresponsive: (name) => ({
    title: `${name} does not respond?`,
    text: "This raises UNRESPONSIVE for everybody, high priority. If the person cannot be woken, call emergency services now; do not wait for the software.",
    yes: "Does not respond",
    grave: true,
  }),
};

async function confirmThen(name, what, send) {
  if (await ask(QUESTIONS[what](name))) await attemptCommand(send);
}

/**
 * Shows the protocol's step and only those buttons that mean something now. After the end of a
 * session nobody is looked at again, but whoever still sleeps there can be woken.
 */
export function showWake(parts, dreamer) {
  const { wake, session } = dreamer;
  const active = isWaking(dreamer);
  const over = session?.status === "ended";
  show(parts.wake, active || (wake?.step === "WOKEN" && !over));
  mark(parts.wake, "step", wake?.step ?? "");
  show(parts.start, may("wake") && !active);
  show(parts.answered, may("respond") && active);
  show(parts.unresponsive, may("call") && active && wake.step !== "UNRESPONSIVE");
  if (wake === null) return;
  write(parts.step, stepName(wake.step) + (wake.level_dba ? ` at ${wake.level_dba} dBA` : ""));
  write(parts.round, wake.round > 0 && active ? `round ${wake.round} of ${wake.rounds}` : "");
  tickWake(parts, dreamer.dreamer);
}

/** Counts down; to be called several times a second while the protocol runs. */
export function tickWake(parts, name) {
  const dreamer = dreamers.get(name);
  const left = dreamer?.wake?.until ? until(name, dreamer.wake.until) : null;
  write(parts.left, left === null ? "" : countdown(left));
}
