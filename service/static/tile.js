// One dreamer's tile. Only MONITORED may look calm; what is no longer known is not shown as if it were.

import { areTaken, byUrgency } from "./dreamers.js";
import { clone, make, mark, parts, show, write } from "./dom.js";
import { drawHypnogram } from "./hypnogram.js";
import { onTheme } from "./theme.js";
import { wireWake, showWake } from "./wake.js";
import { COVERAGE, LEVELS, STAGES, alarmName, hours, percent, plain, priorityName, stageName } from "./words.js";

const REDRAW_MS = 1000;

export class Tile {
  #redraw = null;
  #drawn = null;
  #dreamer = null;
  visible = false;

  constructor(name) {
    this.element = clone("tile");
    this.parts = parts(this.element);
    write(this.parts.name, name);
    this.parts.name.href = `#/dreamers/${encodeURIComponent(name)}`;
    for (const stage of STAGES) this.parts.proba.append(make("i", "", stage));
    wireWake(this.parts, name);
    onTheme(() => this.draw(true));
  }

  /** Shows a dreamer; without a connection nothing is known of the present. */
  show(dreamer, connected) {
    this.#dreamer = dreamer;
    const coverage = connected ? dreamer.coverage : "NOT_MONITORED";
    const alarms = byUrgency(dreamer);
    mark(this.element, "coverage", coverage);
    mark(this.element, "alarm", alarms[0]?.priority ?? "");
    mark(this.element, "taken", alarms.length > 0 && areTaken(alarms));
    showCoverage(this.parts, coverage, connected ? dreamer.coverage_reason : null);
    this.#showAlarm(alarms);
    this.#showStage(coverage === "NOT_MONITORED" ? null : (dreamer.live ?? dreamer.stage));
    this.#showUsage(dreamer.usage);
    showWake(this.parts, dreamer);
    this.draw();
  }

  /** Draws the night at most once a second, and only where it can be seen. */
  draw(anew = false) {
    if (anew) this.#drawn = null;
    if (!this.visible || this.#redraw !== null || this.#dreamer === null) return;
    this.#redraw = setTimeout(() => {
      this.#redraw = null;
      const { stages, night, session } = this.#dreamer;
      const now = `${night} ${stages.length} ${stages.at(-1)}`;
      if (now === this.#drawn) return;
      this.#drawn = now;
      drawHypnogram(this.parts.hypnogram, stages, session?.planned_s);
    }, this.#drawn === null ? 0 : REDRAW_MS);
  }

  #showAlarm(alarms) {
    show(this.parts.alarm, alarms.length > 0);
    if (alarms.length === 0) return;
    const [first] = alarms;
    write(this.parts.priority, priorityName(first.priority));
    write(this.parts.kind, alarmName(first));
    write(this.parts.more, alarms.length > 1 ? `+ ${alarms.length - 1}` : "");
  }

  #showStage(now) {
    const stage = now?.stage ?? null;
    mark(this.element, "stage", stage ?? "");
    write(this.parts.stage, stage in { W: 0, R: 0, N1: 0, N2: 0, N3: 0 } ? stage : "?");
    const sure = now?.proba[stage];
    write(this.parts.said, [stageName(stage), ...(sure === undefined ? [] : [percent(sure)])].join(" · "));
    STAGES.forEach((each, i) => {
      this.parts.proba.children[i].style.setProperty("flex-grow", now?.proba[each] ?? 0);
    });
    write(this.parts.quality, now ? percent(now.quality) : "–");
    mark(this.parts.quality, "poor", now !== null && now.quality < 0.5);
  }

  #showUsage(usage) {
    write(this.parts.asleep, hours(usage?.sleep_min));
    const [rem, budget] = [usage?.rem_24h_min ?? usage?.rem_min, usage?.budgets?.rem_24h_min];
    const bounds = budget ? ` / ${Math.round(budget)}` : "";
    write(this.parts.rem, rem === undefined || rem === null ? "–" : `${Math.round(rem)}${bounds} min`);
    show(this.parts.budget, Boolean(budget));
    if (budget) {
      this.parts.budget.value = Math.min(1, rem / budget);
      mark(this.parts.budget, "level", rem >= budget ? "over" : rem >= 0.8 * budget ? "near" : "within");
    }
    show(this.parts.level, (usage?.level ?? 0) > 0);
    write(this.parts.level, usage?.level ? `Level ${usage.level}: ${LEVELS[usage.level]}` : "");
  }
}

/** Coverage as shape and word, and why it is not MONITORED. */
export function showCoverage(parts, coverage, reason) {
  const [shape, words] = COVERAGE[coverage];
  write(parts.shape, shape);
  write(parts.coverage, words);
  const why = coverage === "MONITORED" ? "" : (reason?.text ?? "no word from the monitor");
  write(parts.why, why && why[0].toUpperCase() + why.slice(1));
  return plain(coverage);
}
