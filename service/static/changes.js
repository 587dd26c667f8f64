// Which changes are worth saying aloud.

import { announce, shout } from "./announce.js";
import { alarmName, plain } from "./words.js";

const RAISED = new Set(["NORMAL", "PENDING"]);
const LOUD = new Set(["raised", "priority_rose", "came_back", "escalated", "ack_expired"]);

export function announceChange({ type, dreamer, data }) {
  if (type === "alarm") announceAlarm(dreamer, data);
  if (type === "coverage") announce(`${dreamer}: ${plain(data.coverage)}`);
  if (type === "wake" && data.step === "CUE" && data.round === 1) announce(`${dreamer}: is being woken`);
  if (type === "wake" && data.step === "WOKEN") announce(`${dreamer}: woken`);
}

function announceAlarm(dreamer, alarm) {
  const name = `${alarmName(alarm)}, ${dreamer}`;
  const loud = LOUD.has(alarm.reason.code) || RAISED.has(alarm.previous_state);
  if (alarm.state === "ACTIVE_UNACK" && loud) {
    const say = alarm.priority === "high" ? shout : announce;
    say(`${alarm.priority} alarm: ${name}`);
  } else if (alarm.state === "ACTIVE_ACK" && alarm.reason.code === "acknowledged") {
    announce(`${name}: taken on by ${alarm.acked_by}`);
  } else if (alarm.state === "RESOLVED") {
    announce(`${name}: closed`);
  }
}
