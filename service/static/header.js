// The head of the page: connection, alarms by priority, sound, theme, and who may do what here.

import { mark, show, write } from "./dom.js";
import { openHelp } from "./dialogs.js";
import { who } from "./me.js";
import { theme, toggleTheme } from "./theme.js";
import { countdown, RANK } from "./words.js";

const SOUND = {
  on: ["Sound on", "Pause the sound for two minutes"],
  paused: ["Sound paused", "Sound on again"],
  blocked: ["Sound is off: click", "The browser makes no sound before a first click or key"],
};
const find = (selector) => document.querySelector(selector);
let sound = null;
let alive = () => false;

export const header = {
  wire(theSound, isAlive) {
    [sound, alive] = [theSound, isAlive];
    find("#sound").onclick = toggleSound;
    find("#theme").onclick = switchTheme;
    find("#help-open").onclick = () => openHelp();
    find("#test-sound").onclick = () => sound.play("high");
    for (const link of document.querySelectorAll(".skip")) {
      link.onclick = (event) => {
        event.preventDefault(); // the address names the view
        find(link.hash).focus();
      };
    }
    nameTheme();
  },

  show(alarms, connected, met) {
    document.body.classList.toggle("lost", !connected);
    write(find(".link"), connected ? "Live" : met ? "Not connected" : "Connecting …");
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
  const { name, role, anonymous, may } = who();
  show(find(".anonymous"), anonymous);
  write(find(".person"), anonymous ? "" : `${name}, ${role}`);
  show(find(".only-look"), may !== null && may !== undefined && !may.includes("attend"));
}
