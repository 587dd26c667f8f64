// The spectrogram: a column an epoch, a row a hertz, loudness as colour from dark to bright.

import { fit } from "./hypnogram.js";
import { MARGIN } from "./plots.js";
import { colour } from "./theme.js";

const HZ = 30;
const STOPS = [[13, 8, 40], [66, 20, 104], [140, 41, 99], [205, 66, 71], [244, 117, 35], [252, 194, 64], [252, 253, 191]];
const COLOURS = Array.from({ length: 256 }, (_, i) => between(i / 255));
const OUTSIDE = 0.02; // share of the levels beyond each end of the colours

/** Draws the epochs `from` to `to`; returns the lowest and highest level shown, in dB. */
export function drawSpectrogram(canvas, epochs, from, to) {
  const [width, height] = fit(canvas);
  const pen = canvas.getContext("2d");
  const [quiet, loud] = levels(epochs);
  const bottom = height - 4;
  const x = (index) => MARGIN.l + ((index - from) / (to - from)) * (width - MARGIN.l - MARGIN.r);
  pen.clearRect(0, 0, width, height);
  pen.save();
  pen.beginPath();
  pen.rect(MARGIN.l, 0, width - MARGIN.l - MARGIN.r, bottom);
  pen.clip();
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture(epochs, quiet, loud), x(0), 0, x(epochs.length) - x(0), bottom);
  pen.restore();
  pen.fillStyle = colour("muted");
  pen.font = "12px system-ui, sans-serif";
  pen.textAlign = "right";
  for (const hz of [5, 15, 25]) pen.fillText(`${hz} Hz`, MARGIN.l - 6, bottom - ((hz - 0.5) / HZ) * bottom + 4);
  return [quiet, loud];
}

/** One dot an epoch and hertz; 30 Hz is at the top. */
function picture(epochs, quiet, loud) {
  const dots = new ImageData(epochs.length, HZ);
  epochs.forEach((epoch, column) =>
    epoch.spectrum?.forEach((db, hz) => {
      const level = Math.max(0, Math.min(255, Math.round((255 * (db - quiet)) / (loud - quiet))));
      dots.data.set([...COLOURS[level], 255], 4 * ((HZ - 1 - hz) * epochs.length + column));
    }),
  );
  const canvas = new OffscreenCanvas(dots.width, dots.height);
  canvas.getContext("2d").putImageData(dots, 0, 0);
  return canvas;
}

/** The levels that nearly all lie between. */
function levels(epochs) {
  const all = epochs.flatMap((epoch) => epoch.spectrum ?? []).sort((a, b) => a - b);
  const at = (share) => all[Math.round(share * (all.length - 1))];
  return [at(OUTSIDE), Math.max(at(1 - OUTSIDE), at(OUTSIDE) + 1)];
}

function between(share) {
  const place = share * (STOPS.length - 1);
  const i = Math.min(Math.floor(place), STOPS.length - 2);
  return STOPS[i].map((from, k) => Math.round(from + (STOPS[i + 1][k] - from) * (place - i)));
}
