// Folds the messages on standard input as the page does; writes what it knows of bed-7 after each.

import { readFileSync } from "node:fs";

const { apply, byUrgency, dreamers, fillNight, forgetLive } = await import(process.argv[2]);
const states = JSON.parse(readFileSync(0, "utf8")).map((message) => {
  const changed = take(message);
  const dreamer = dreamers.get("bed-7");
  const { coverage, coverage_reason: reason, wake, live, session } = dreamer;
  const said = { reason: reason?.text ?? null, wake: wake?.step ?? null };
  const stages = Array.from(dreamer.stages, (stage) => stage ?? null);
  const alarms = byUrgency(dreamer).map(({ alarm_id: id }) => id);
  const night = { stages, alarms, started_at: session?.started_at ?? null };
  return { changed, coverage, ...said, live: live?.stage ?? null, ...night };
});

function take(message) {
  if (message.type === "lost") return forgetLive();
  if (message.type === "fetched") return fillNight(message.night);
  return apply(message);
}

process.stdout.write(JSON.stringify(states));
