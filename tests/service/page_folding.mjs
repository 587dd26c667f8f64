// Folds the messages on standard input as the page does; writes what it knows of bed-7 after each.

import { readFileSync } from "node:fs";

const { apply, dreamers, forgetLive } = await import(process.argv[2]);
const states = JSON.parse(readFileSync(0, "utf8")).map((message) => {
  const changed = message.type === "lost" ? forgetLive() : apply(message);
  const { coverage, coverage_reason: reason, wake, live } = dreamers.get("bed-7");
  const said = { reason: reason?.text ?? null, wake: wake?.step ?? null };
  return { changed, coverage, ...said, live: live?.stage ?? null };
});
process.stdout.write(JSON.stringify(states));
