// Ending a session and beginning the next one; the service refuses what the limits forbid.

import { attemptCommand } from "./acts.js";
import { beginSession, endSession } from "./commands.js";
import { ask } from "./dialogs.js";
import { show } from "./dom.js";
import { may } from "./me.js";

export function wireSession(parts, name) {
  const path = encodeURIComponent(name);
  parts.report.href = `/api/v1/dreamers/${path}/report`;
  parts.bedside.href = `/bedside/${path}`;
  parts.begin.onclick = () => attemptCommand(() => beginSession(name), `${name}: the next session has begun`);
  parts.end.onclick = async () => {
    const question = {
      title: `End the session of ${name}?`,
      text: "Its account is closed, and nobody is watched until the next session begins. Do so only when the dreamer is up.",
      yes: "End session",
    };
    if (await ask(question)) await attemptCommand(() => endSession(name), `${name}: the session has ended`);
  };
}

/** Shows only what can be done now. */
export function showSession(parts, session) {
  const running = session !== null && session.status !== "ended";
  show(parts.end, may("run") && running);
  show(parts.begin, may("run") && session !== null && !running);
}
