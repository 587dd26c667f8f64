// The page: a tile per dreamer, the most urgent first, fed by the event stream.

import * as api from "./api.js";
import { apply, byUrgency, dreamers, forgetLive } from "./dreamers.js";
import { Stream } from "./stream.js";
import { Tile } from "./tile.js";
import { attempt } from "./toast.js";

const RANK = { high: 0, medium: 1, low: 2 };
const tiles = new Map();
const changed = new Set();
let connected = false;
let frame = null;

const stream = new Stream({ message: receive, lost });
stream.open();

function receive(message) {
  if (!connected) {
    connected = true;
    dreamers.forEach((_, name) => changed.add(name));
  }
  apply(message).forEach((name) => changed.add(name));
  if (message.type === "snapshot") message.data.dreamers.forEach(loadNight);
  frame ??= requestAnimationFrame(render);
}

/** The connection is lost: at once nobody counts as monitored any more. */
function lost() {
  connected = false;
  forgetLive().forEach((name) => changed.add(name));
  render();
}

/** Epochs of the session before this page was opened; those streamed meanwhile stay. */
function loadNight({ dreamer, session }) {
  if (session === null) return;
  attempt(async () => {
    const night = await api.hypnogram(dreamer);
    const state = dreamers.get(dreamer);
    if (state.session.session !== night.session) return;
    const epochs = [];
    for (const epoch of night.epochs) epochs[epoch.index] = epoch;
    state.epochs.forEach((epoch, index) => {
      if (epoch.session === night.session) epochs[index] = epoch;
    });
    state.epochs = epochs;
    changed.add(dreamer);
    frame ??= requestAnimationFrame(render);
  });
}

function render() {
  frame = null;
  for (const name of changed) {
    if (!tiles.has(name)) tiles.set(name, new Tile(name));
    tiles.get(name).show(dreamers.get(name), connected);
  }
  changed.clear();
  arrange();
  showWhole();
}

/** Sorts the tiles by urgency, moving none that is in its place. */
function arrange() {
  const list = document.getElementById("tiles");
  const order = [...dreamers.values()].sort(
    (a, b) => urgency(a) - urgency(b) || a.dreamer.localeCompare(b.dreamer, "en", { numeric: true }),
  );
  order.forEach(({ dreamer }, place) => {
    const { element } = tiles.get(dreamer);
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
  });
}

const urgency = (dreamer) => RANK[byUrgency(dreamer)[0]?.priority] ?? 3;

function showWhole() {
  const alarms = [...dreamers.values()].flatMap(byUrgency);
  document.body.classList.toggle("lost", !connected);
  document.querySelector(".link").textContent = connected ? "Live" : "Not connected";
  document.querySelector(".nobody").hidden = dreamers.size > 0;
  for (const priority of Object.keys(RANK)) {
    const n = alarms.filter((alarm) => alarm.priority === priority).length;
    const count = document.querySelector(`.counts .${priority}`);
    count.querySelector("b").textContent = n;
    count.classList.toggle("some", n > 0);
  }
  const high = alarms.filter((alarm) => alarm.priority === "high").length;
  document.title = [connected ? "" : "NOT MONITORED", high ? `▲ ${high}` : "", "dreamwatch"]
    .filter(Boolean)
    .join(" · ");
}
