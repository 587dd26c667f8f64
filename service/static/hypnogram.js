// The small hypnogram of a tile: a step line on a canvas; what was not scored is a hole.

import { colour } from "./theme.js";

const ROWS = { W: 0, R: 1, N1: 2, N2: 3, N3: 4 };
const EPOCH_S = 30;
const SHORTEST = 120; // epochs across at least, so that an evening does not begin as a full line

/** Draws a night's stages, a list by epoch number that may have holes. */
export function drawHypnogram(canvas, stages, plannedS) {
  const [width, height] = fit(canvas);
  const pen = canvas.getContext("2d");
  const across = Math.max(stages.length, (plannedS ?? 0) / EPOCH_S, SHORTEST);
  const x = (index) => (index / across) * width;
  const y = (stage) => 3 + (ROWS[stage] / 4) * (height - 6);
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = colour("line");
  for (const stage of Object.keys(ROWS)) pen.fillRect(0, Math.round(y(stage)), width, 0.5);
  spells(stages).forEach(({ stage, first, end }, i, all) => {
    pen.fillStyle = colour(stage);
    const thick = stage === "R" ? 5 : 2.5;
    pen.fillRect(x(first), y(stage) - thick / 2, Math.max(x(end) - x(first), 1), thick);
    const before = all[i - 1];
    if (before?.end === first) join(pen, x(first), y(before.stage), y(stage));
  });
}

/** Runs of the same stage: `{stage, first, end}`; unscored epochs are in none. */
export function spells(stages) {
  const found = [];
  for (let index = 0; index < stages.length; index += 1) {
    const stage = stages[index];
    if (!(stage in ROWS)) continue;
    const last = found.at(-1);
    if (last?.stage === stage && last.end === index) last.end += 1;
    else found.push({ stage, first: index, end: index + 1 });
  }
  return found;
}

function join(pen, x, from, to) {
  pen.fillStyle = colour("faint");
  pen.fillRect(x - 0.5, Math.min(from, to), 1, Math.abs(to - from));
}

/** Gives a canvas as many dots as its place on the screen has; returns its size in CSS pixels. */
export function fit(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const dots = devicePixelRatio;
  const [w, h] = [Math.round(width * dots), Math.round(height * dots)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  canvas.getContext("2d").setTransform(dots, 0, 0, dots, 0, 0);
  return [width, height];
}
