// The bedside page: what the service says of one dreamer, the sound that wakes, and the answer.

import { signIn, whenSignedOut } from "../../api.js";
import { apply, dreamers, forgetLive } from "../../dreamers.js";
import { Pulse } from "../../pulse.js";
import { Stream } from "../../stream.js";
import { Answer } from "./answer.js";
import { Cue } from "./cue.js";
import { showCoverage, showHeard, showMorning, showWaking } from "./faces.js";
import { scene, Wakefulness } from "./scene.js";
import { keepOn } from "./screen.js";
import { Settings } from "./settings.js";
import { Ear } from "./voice.js";
import { Waking } from "./waking.js";

const TYPES = "session,epoch,coverage,wake,usage";
const SHOW_WITHIN_MS = 50;
const find = (id) => document.getElementById(id);
const FIRST = { evening: "ready", night: "awake", waking: "awake", morning: "back" };
const name = decodeURIComponent(location.pathname.split("/").at(-1));
const NOTHING = { coverage: "NOT_MONITORED", coverage_reason: null, session: null, wake: null, usage: null };
const NO_WORD = "no word from the service";
const SIGNED_OUT = "you are signed out";
const known = () => dreamers.get(name) ?? NOTHING;

let ready = false;
let isSignedOut = false;
let showing = null;

const pulse = new Pulse({ tick: () => {}, silent: lost });
const wakefulness = new Wakefulness();
const cue = new Cue(showSoon);
const answer = new Answer(name, hearOf);
const ear = new Ear({ level: (dB, limit) => settings.showLevel(dB, limit), voice: () => answer.give("voice") });
const settings = new Settings(name, cue, ear, showSoon);
const waking = new Waking(cue, ear, () => settings);
const stream = new Stream({ message: receive, lost }, { dreamer: name, types: TYPES });

document.title = `${name} · bedside · dreamwatch`;
document.querySelector("h1").textContent = name;
find("ready").onclick = () => begin();
find("unlock").onclick = () => unlock();
find("awake").onclick = () => answer.give("button");
find("again").onclick = () => turn(false);
find("sign-in").onclick = () => signIn();
find("back").onclick = () => dismissMorning();
document.addEventListener("visibilitychange", () => ready && !document.hidden && keepOn());
whenSignedOut(staySignedOut);
stream.open();
show();

function receive(message) {
  if (message.type === "heartbeat" && pulse.hear()) isSignedOut = false;
  apply(message);
  wakefulness.apply(message);
  if (message.type === "wake" || message.type === "session") waking.follow(known().wake, message.at);
  if (message.type === "snapshot") waking.follow(known().wake, known().wake?.at);
  showSoon();
}

/** No word for five seconds, or the connection is gone: nobody counts as monitored. */
function lost() {
  pulse.lose();
  forgetLive();
  show();
}

/** The page stays: what it shows and sounds matters more than who sees it. */
function staySignedOut() {
  isSignedOut = true;
  showSoon();
}

async function begin() {
  await unlock();
  settings.listen();
  turn(true);
  const kept = await keepOn();
  find("kept").textContent = kept ? "" : "This browser may switch the screen off: set the device never to do so.";
}

async function unlock() {
  await cue.unlock();
  waking.act();
  showSoon();
}

/** Only an answer that the service has heard makes the page calm. */
function hearOf(state, why) {
  showHeard(state, why, known().session?.profile);
  wakefulness.said ||= state === "heard";
  showSoon();
}

function dismissMorning() {
  wakefulness.dismiss();
  showSoon();
}

function turn(on) {
  ready = on;
  showSoon();
}

function showSoon() {
  showing ??= setTimeout(show, SHOW_WITHIN_MS);
}

function show() {
  clearTimeout(showing);
  showing = null;
  const { coverage, coverage_reason: reason, wake, usage } = known();
  find("sign-in").hidden = !isSignedOut;
  const face = scene(wake, { awake: wakefulness.awake, ready });
  turnTo(face);
  document.body.dataset.sound = cue.unlocked ? "unlocked" : "locked";
  const nobody = { coverage: "NOT_MONITORED", reason: { text: isSignedOut ? SIGNED_OUT : NO_WORD } };
  showCoverage(pulse.alive ? { coverage, reason } : nobody);
  if (face === "waking") showWaking(wake, settings);
  if (face === "morning") showMorning(usage);
}

/** Shows a face; the keyboard goes with it when what it was on is gone. */
function turnTo(face) {
  if (document.body.dataset.scene === face) return;
  document.body.dataset.scene = face;
  if (document.activeElement === document.body || !document.activeElement.checkVisibility()) find(FIRST[face]).focus();
}
