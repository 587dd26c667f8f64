// One-key shortcuts, which can be switched off, and arrow keys within lists.

import { openAlarms, take } from "./alarms.js";
import { ask, openHelp } from "./dialogs.js";
import { isTaken } from "./dreamers.js";
import { switchTheme, toggleSound } from "./header.js";
import { may } from "./me.js";
import { goHome } from "./router.js";
import { say } from "./toast.js";
import { alarmName, priorityName } from "./words.js";

const KEY = "dreamwatch.shortcuts";
const WRITING = "input, select, textarea, [contenteditable]";
const SHORTCUTS = {
  a: acknowledgeFirst,
  s: toggleSound,
  t: switchTheme,
  l: () => document.getElementById("alarms").focus(),
  d: () => document.getElementById("main").focus(),
  h: goHome,
  "?": openHelp,
};

export function listenToKeys() {
  const box = document.getElementById("shortcuts");
  box.checked = localStorage.getItem(KEY) !== "off";
  box.onchange = () => localStorage.setItem(KEY, box.checked ? "on" : "off");
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.(`dialog[open], ${WRITING}`)) return;
    if (move(event)) return;
    if (event.key === "Escape" && location.hash.startsWith("#/dreamers/")) goHome();
    if (!box.checked || !(event.key in SHORTCUTS)) return;
    event.preventDefault();
    SHORTCUTS[event.key]();
  });
}

async function acknowledgeFirst() {
  const alarm = openAlarms().find((each) => !isTaken(each));
  if (!may("attend")) return say("You may look here, not acknowledge.");
  if (!alarm) return say("No alarm waits to be acknowledged.");
  const sure = await ask({
    title: `Acknowledge ${alarmName(alarm)}, ${alarm.dreamer}?`,
    text: `${priorityName(alarm.priority)}: ${alarm.finding || alarm.reason.text}. You take it on: the sound stops, the alarm stays until it is attended.`,
    yes: "Acknowledge",
  });
  if (sure) take(alarm);
}

/** Arrow keys go from one tile or alarm to another, as they lie on the screen. */
function move({ key, target }) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  const item = step && target.closest?.(".tile, .alarm");
  if (!item) return false;
  const items = [...item.parentElement.children];
  const across = items.filter((other) => other.offsetTop === items[0].offsetTop).length;
  const by = key === "ArrowDown" || key === "ArrowUp" ? step * across : step;
  const next = items[items.indexOf(item) + by];
  next?.querySelector("a, button:not([hidden])")?.focus();
  return Boolean(next);
}
