// One dreamer's tile. Only MONITORED may look calm; what is no longer known is not shown as if it were.

import * as api from "./api.js";
import { byUrgency } from "./dreamers.js";
import { draw } from "./hypnogram.js";
import { showAlarms } from "./alarms.js";
import { attempt } from "./toast.js";

const STAGES = ["W", "R", "N1", "N2", "N3"];
const STAGE_NAMES = {
  W: "awake",
  R: "REM sleep",
  N1: "drowsy",
  N2: "light sleep",
  N3: "deep sleep",
  UNSCORED: "signal too poor",
};
const COVERAGE = {
  MONITORED: ["●", "MONITORED"],
  DEGRADED: ["◐", "DEGRADED"],
  NOT_MONITORED: ["✕", "NOT MONITORED"],
};
const WAKE_ENDED = new Set(["IDLE", "WOKEN"]);
const REDRAW_MS = 1000;

export class Tile {
  #drawnAt = -Infinity;
  #redraw = null;

  constructor(name) {
    const template = document.getElementById("tile").content.cloneNode(true);
    this.element = template.firstElementChild;
    this.#find("h2").textContent = name;
    this.#find(".proba").append(...STAGES.flatMap(bar));
    this.#find(".start").onclick = () => attempt(() => api.wake(name));
    this.#find(".answered").onclick = () => attempt(() => api.respond(name));
  }

  /** Shows a dreamer; without a connection nothing is known of the present. */
  show(dreamer, connected) {
    const coverage = connected ? dreamer.coverage : "NOT_MONITORED";
    const alarms = byUrgency(dreamer);
    this.element.dataset.coverage = coverage;
    this.element.dataset.alarm = alarms[0]?.priority ?? "";
    this.#showCoverage(coverage, connected ? dreamer.coverage_reason : null);
    this.#showStage(coverage === "NOT_MONITORED" ? null : (dreamer.live ?? dreamer.stage));
    this.#showWake(dreamer.wake);
    this.#find(".account").textContent = account(dreamer);
    showAlarms(this.#find(".alarms"), alarms);
    this.#scheduleDrawing(dreamer);
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  #showCoverage(coverage, reason) {
    const [shape, words] = COVERAGE[coverage];
    this.#find(".coverage .shape").textContent = shape;
    this.#find(".coverage b").textContent = words;
    this.#find(".why").textContent = coverage === "MONITORED" ? "" : (reason?.text ?? "no word from the monitor");
  }

  #showStage(stage) {
    const name = stage?.stage ?? null;
    this.element.dataset.stage = name ?? "";
    this.#find(".stage b").textContent = name === "UNSCORED" || name === null ? "?" : name;
    this.#find(".stage span").textContent = STAGE_NAMES[name] ?? "stage unknown";
    for (const meter of this.element.querySelectorAll(".proba dd")) {
      const p = stage?.proba[meter.dataset.stage] ?? 0;
      meter.style.setProperty("--p", p);
      meter.textContent = stage?.proba[meter.dataset.stage] === undefined ? "" : `${Math.round(100 * p)} %`;
    }
  }

  #showWake(wake) {
    const active = wake !== null && !WAKE_ENDED.has(wake.step);
    this.#find(".wake").dataset.active = active;
    this.#find(".step").textContent = wake === null ? "not started" : wakeText(wake);
    this.#find(".start").disabled = active;
    this.#find(".answered").disabled = !active;
  }

  /** Draws at most once a second, however fast a replay runs. */
  #scheduleDrawing(dreamer) {
    if (this.#redraw !== null) return;
    const wait = Math.max(0, this.#drawnAt + REDRAW_MS - performance.now());
    this.#redraw = setTimeout(() => {
      this.#redraw = null;
      this.#drawnAt = performance.now();
      draw(this.#find(".hypnogram"), dreamer.epochs);
    }, wait);
  }
}

function bar(stage) {
  const term = document.createElement("dt");
  const meter = document.createElement("dd");
  term.textContent = stage;
  meter.dataset.stage = stage;
  return [term, meter];
}

function account({ usage, stage }) {
  const time = stage ? [`scored until ${clock(stage.at)}`] : [];
  const minutes = usage
    ? [
        `asleep ${Math.round(usage.sleep_min)} min`,
        `REM ${Math.round(usage.rem_min)} min`,
        ...(usage.overrun_min > 0 ? [`past the plan ${Math.round(usage.overrun_min)} min`] : []),
      ]
    : [];
  return [...minutes, ...time].join("  ·  ");
}

function wakeText({ step, round, rounds, level_dba: level, until, reason }) {
  const words = [step.replaceAll("_", " ")];
  if (round > 0) words.push(`round ${round} of ${rounds}`);
  if (level !== null) words.push(`${level} dBA`);
  if (until !== null) words.push(`until ${clock(until)}`);
  return `${words.join(", ")} — ${reason.text}`;
}

const clock = (at) => new Date(at).toLocaleTimeString([], { timeStyle: "medium", hour12: false });
