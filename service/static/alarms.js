// The open alarms of a tile: priority by shape, word and colour; one row an alarm, kept in place.

import * as api from "./api.js";
import { attempt } from "./toast.js";

const PRIORITY = { high: "▲ HIGH", medium: "◆ MEDIUM", low: "● LOW" };
const STATES = {
  ACTIVE_UNACK: "nobody has taken it on",
  ACTIVE_ACK: "taken on",
  RTN_UNACK: "gone, nobody took it on",
  AWAIT_DISPOSITION: "say what you found",
  SHELVED: "put aside",
  INHIBITED: "held back",
};
const UNACKED = new Set(["ACTIVE_UNACK", "RTN_UNACK"]);

/** Shows the alarms in their order; a row whose alarm has not changed is left alone. */
export function showAlarms(list, alarms) {
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const wanted = alarms.map((alarm) => rows.get(key(alarm)) ?? makeRow(alarm));
  if (wanted.length !== list.children.length || wanted.some((row, i) => row !== list.children[i])) {
    list.replaceChildren(...wanted);
  }
}

const key = (alarm) => `${alarm.alarm_id} ${alarm.version}`;

function makeRow(alarm) {
  const row = document.getElementById("alarm").content.cloneNode(true).firstElementChild;
  const find = (selector) => row.querySelector(selector);
  row.dataset.key = key(alarm);
  row.dataset.priority = alarm.priority;
  row.dataset.state = alarm.state;
  find(".priority").textContent = PRIORITY[alarm.priority];
  find(".what b").textContent = [alarm.kind.replaceAll("_", " "), alarm.source].join(" ").trim();
  find(".state").textContent = [STATES[alarm.state] ?? alarm.state, alarm.acked_by].filter(Boolean).join(" by ");
  find(".reason").textContent = alarm.reason.text;
  find(".ack").hidden = !UNACKED.has(alarm.state);
  find(".ack").onclick = () => attempt(() => api.acknowledge(alarm));
  find("details").hidden = UNACKED.has(alarm.state);
  for (const button of row.querySelectorAll("details button")) {
    button.onclick = () => attempt(() => api.resolve(alarm, button.value));
  }
  return row;
}
