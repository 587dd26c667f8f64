// What the page says, on each of its faces.

import { COVERAGE } from "../../words.js";
import { account, checks } from "./checks.js";
import { levelWords } from "./loudness.js";
import { recall, remember } from "./memory.js";

const DISMISSED = "dismissed";
const MOST_DISMISSED = 20;
const SAID = {
  CUE: ["Wake up", "Press the button when you are awake."],
  LISTEN: ["Are you awake?", "Press the button."],
  RESPONDED: ["Well done", "Stay awake for a minute: sit up and switch on a light. Press again if you are asked again."],
  HUMAN_ATTEND: ["Somebody is called", "Press the button if you are awake."],
  UNRESPONSIVE: ["Somebody is called", "Press the button if you are awake."],
};
const HEARD = {
  sending: "Sending …",
  unsent: "Not sent yet. Trying again",
  heard: "The service has heard you.",
  refused: "Not taken",
  void: "Not sent: nobody could be reached for a minute. Press again.",
};
const find = (selector) => document.querySelector(selector);

export function showCoverage({ coverage, reason }) {
  const [shape, words] = COVERAGE[coverage];
  document.body.dataset.coverage = coverage;
  write(".coverage .shape", shape);
  write(".coverage b", words);
  write(".coverage .why", coverage === "MONITORED" ? "" : (reason?.text ?? ""));
}

export function showWaking(wake, { name, measured }) {
  const [title, how] = SAID[wake.step];
  const level = wake.step === "CUE" ? levelWords(wake.level_dba, measured) : "";
  write("#waking h2", name ? `${title}, ${name}` : title);
  write("#waking .how", how);
  write("#waking .level", level && `Round ${wake.round} of ${wake.rounds} · ${level}`);
}

/** What became of the answer; a child's counts when a grown-up confirms it. */
export function showHeard(state, why, profile) {
  const more = state === "heard" && profile === "child" ? " A grown-up must see that you are awake." : "";
  find("#heard").dataset.state = state;
  write("#heard", `${HEARD[state]}${why ? `: ${why}` : ""}${more}`);
}

export function showMorning(usage) {
  const dismissed = new Set(recall(DISMISSED, []));
  const due = usage === null ? [] : checks(usage).filter(({ id }) => !dismissed.has(id));
  const list = find("#morning .checks");
  if (due.map(({ id }) => id).join() !== list.dataset.ids) {
    list.dataset.ids = due.map(({ id }) => id).join();
    list.replaceChildren(...due.map(makeCheck));
  }
  find("#morning .account").replaceChildren(...(usage === null ? [] : account(usage).flatMap(makeLine)));
}

function makeCheck({ id, fact, calm }) {
  const item = document.getElementById("check").content.firstElementChild.cloneNode(true);
  item.querySelector("b").textContent = fact;
  item.querySelector("span").textContent = calm;
  item.querySelector("button").onclick = () => {
    remember(DISMISSED, [...recall(DISMISSED, []), id].slice(-MOST_DISMISSED));
    item.remove();
  };
  return item;
}

function makeLine([what, much, share]) {
  const term = document.createElement("dt");
  const value = document.createElement("dd");
  term.textContent = what;
  value.textContent = much;
  if (share !== null) {
    value.className = "share";
    value.style.setProperty("--share", Math.min(1, share));
  }
  return [term, value];
}

/** Writes only what has changed: a screen reader would say it again. */
function write(selector, text) {
  const element = find(selector);
  if (element.textContent !== text) element.textContent = text;
}
