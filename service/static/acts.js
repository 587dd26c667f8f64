// Commands of a person, with what came of them in words: above all when somebody else was first.

import { dreamers } from "./dreamers.js";
import { attempt, say } from "./toast.js";
import { alarmName, alarmState, localTimes } from "./words.js";

/** Sends a command; a refusal is said. Returns whether it was carried out. */
export async function attemptCommand(send, done = "", alarm = null) {
  const carriedOut = await attempt(send, (error) => refusal(error, alarm));
  if (carriedOut && done) say(done);
  return carriedOut;
}

function refusal(error, alarm) {
  if (error.code !== "stale_version" || alarm === null) return localTimes(error.message);
  const now = dreamers.get(alarm.dreamer)?.alarms.get(alarm.alarm_id);
  const known = now === undefined || now.version > alarm.version; // else the stream is yet to tell
  const how = known ? (now ? alarmState(now) : "closed") : "look again";
  return `Somebody else was first. ${alarmName(alarm)}, ${alarm.dreamer}: ${how}.`;
}
