// Sleep statistics of the session so far, after the AASM manual.

import { make } from "./dom.js";
import { STAGES, hours, percent } from "./words.js";

const share = (value) => (value === null ? "–" : percent(value));

export function showStatistics(list, { statistics: s, lost }) {
  const rows = [
    ["Recorded", hours(s.recorded_min)],
    ["Asleep", hours(s.total_sleep_min)],
    ["Efficiency", share(s.sleep_efficiency)],
    ["Sleep latency", hours(s.sleep_latency_min)],
    ["REM latency", hours(s.rem_latency_min)],
    ["Wake after onset", hours(s.wake_after_onset_min)],
    ["Awakenings", String(s.awakenings)],
    ["Longest sleep", hours(s.longest_sleep_min)],
    ["Cycles", String(s.cycles.length)],
    ...STAGES.map((stage) => [stage, stageText(s, stage)]),
    ["Not scored", hours(s.unscored_min)],
    ...lostRows(lost),
  ];
  list.replaceChildren(...rows.map(([name, value]) => pair(name, value)));
}

const stageText = (s, stage) =>
  stage === "W" ? hours(s.stage_min.W) : `${hours(s.stage_min[stage])} · ${share(s.stage_share[stage])}`;

const lostRows = ({ seconds }) => (seconds > 0 ? [["Signal lost", `${Math.round(seconds)} s`]] : []);

function pair(name, value) {
  const row = make("div");
  row.append(make("dt", name), make("dd", value));
  if (STAGES.includes(name)) row.className = `stage-row ${name}`;
  return row;
}
