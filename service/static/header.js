// The head of the page: connection, alarms by priority, sound, theme, and who may do what here.

import { logOut, signIn } from "./api.js";
import { mark, show, write } from "./dom.js";
import { openHelp } from "./dialogs.js";
import { may, who } from "./me.js";
import { theme, toggleTheme } from "./theme.js";
import { attempt } from "./toast.js";
import { countdown, RANK } from "./words.js";

const SOUND = {
  on: ["Sound on", "Pause the sound for two minutes"],
  paused: ["Sound paused", "Sound on again"],
  blocked: ["Sound is off: click", "The browser makes no sound before a first click or key"],
};
const NO_WORD = "no word from the service";
const SIGNED_OUT = "you are signed out";
const find = (selector) => document.querySelector(selector);
let sound = null;

export const header = {
  wire(theSound) {
    sound = theSound;
    wireSound(find("#sound"));
    find("#theme").onclick = switchTheme;
    find("#help-open").onclick = () => openHelp();
    find("#sign-out").onclick = () => attempt(logOut);
    find("#sign-in").onclick = signIn;
    find("#test-sound").onclick = () => sound.play("high");
    for (const link of document.querySelectorAll(".skip")) {
      link.onclick = (event) => {
        event.preventDefault(); // the address names the view
        find(link.hash).focus();
      };
    }
    nameTheme();
  },

  show(alarms, connected, { met, signedOut }) {
    document.body.classList.toggle("lost", !connected);
    write(find(".link"), connected ? "Live" : met ? "Not connected" : "Connecting …");
    write(find(".banner .cause"), signedOut ? SIGNED_OUT : NO_WORD);
    show(find("#sign-in"), signedOut);
    const counts = { high: 0, medium: 0, low: 0 };
    for (const { priority } of alarms) counts[priority] += 1;
    for (const priority of Object.keys(RANK)) {
      const count = find(`.counts .${priority}`);
      write(count.querySelector("b"), String(counts[priority]));
      mark(count, "some", counts[priority] > 0);
    }
    show(find("#alarms .none"), alarms.length === 0);
    showPerson();
    const title = [connected ? "" : "NOT MONITORED", counts.high ? `▲ ${counts.high}` : "", "dreamwatch"];
    document.title = title.filter(Boolean).join(" · ");
    this.tick();
  },

  tick() {
    if (sound === null) return;
    const { state } = sound;
    const [words, title] = SOUND[state];
    const button = find("#sound");
    mark(button, "state", state);
    write(button.querySelector(".word"), state === "paused" ? `${words} ${countdown(sound.pauseLeft)}` : words);
    if (button.title !== title) button.title = title;
  },
};

/** A touch of the blocked button has unblocked it before it is a click, which must not pause it. */
function wireSound(button) {
  let touched = "";
  for (const kind of ["pointerdown", "keydown"]) button.addEventListener(kind, () => (touched = sound.state));
  button.onclick = () => {
    if (touched !== "blocked") toggleSound();
    touched = "";
  };
}

/** Pauses the sound or goes on; where the browser blocks it, this very click lets it sound. */
export function toggleSound() {
  if (sound.state === "blocked") sound.unlock();
  else sound.togglePause();
  header.tick();
}

export function switchTheme() {
  toggleTheme();
  nameTheme();
}

function nameTheme() {
  write(find("#theme .word"), theme() === "day" ? "Night" : "Day");
}

function showPerson() {
  const person = who();
  const signedIn = person !== null && !person.anonymous;
  show(find(".anonymous"), person?.anonymous ?? false);
  write(find(".person"), signedIn ? `${person.name}, ${person.role}` : person ? "No sign-in here" : "");
  show(find("#sign-out"), signedIn);
  show(find(".only-look"), !may("attend"));
}
