// The central station: every message is folded in at once and shown in the next frame.

import { AlarmList, openAlarms, sounding } from "./alarms.js";
import { whenSignedOut } from "./api.js";
import { announceChange } from "./changes.js";
import { hear } from "./clocks.js";
import { apply, dreamers, forgetLive } from "./dreamers.js";
import { header } from "./header.js";
import { listenToKeys } from "./keys.js";
import { learn } from "./me.js";
import { forgetNights } from "./nights.js";
import { Pulse } from "./pulse.js";
import { routed } from "./router.js";
import { Sound } from "./sound.js";
import { Stream } from "./stream.js";
import { Tiles, showTotals } from "./tiles.js";
import { attempt } from "./toast.js";
import { View } from "./view.js";

const CONNECTION = { key: "connection", priority: "medium" };
const HIDDEN_MS = 250;
const changed = new Set();
let scheduled = false;
let met = false; // whether the service was ever heard
let signedOut = false;

const sound = new Sound();
const pulse = new Pulse({ tick, silent: lost });
const tiles = new Tiles(change);
const alarms = new AlarmList(document.querySelector("#alarms ul"));
const view = new View();
const stream = new Stream({ message: receive, lost });

header.wire(sound);
listenToKeys();
routed((name) => view.open(name));
whenSignedOut(() => {
  signedOut = true;
  schedule();
});
stream.open();

function receive(message) {
  const { type } = message;
  if ((type === "heartbeat" || type === "snapshot") && pulse.hear()) found();
  if (type === "snapshot") forgetNights();
  hear(message);
  apply(message).forEach(change);
  if ("seq" in message) announceChange(message);
  view.take(message);
}

/** The service is heard again, or for the first time. */
function found() {
  met = true;
  signedOut = false;
  all();
  attempt(learn).then(all);
}

/** Nothing is heard any more: at once nobody counts as monitored. */
function lost() {
  pulse.lose();
  forgetLive();
  all();
  render();
}

function all() {
  dreamers.forEach((_, name) => changed.add(name));
  schedule();
}

function change(name) {
  changed.add(name);
  schedule();
}

/** One frame shows all that came before it; a page in the background has no frames. */
function schedule() {
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(render, HIDDEN_MS);
  else requestAnimationFrame(render);
}

function render() {
  scheduled = false;
  const names = [...changed].filter((name) => dreamers.has(name));
  changed.clear();
  const open = openAlarms();
  tiles.show(names, pulse.alive);
  alarms.show(open);
  view.show(names, pulse.alive);
  showTotals(pulse.alive);
  header.show(open, pulse.alive, { met, signedOut });
}

/** Twice a second, also in the background: countdowns and sound. */
function tick() {
  sound.update([...sounding(), ...(met && !pulse.alive ? [CONNECTION] : [])]);
  tiles.tick();
  alarms.tick();
  view.tick();
  header.tick();
}
