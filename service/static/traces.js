// The live signal: the last half minute of every channel, the newest at the right.

import { show, write } from "./dom.js";
import { fit } from "./hypnogram.js";
import { may, who } from "./me.js";
import { Stream } from "./stream.js";
import { colour } from "./theme.js";

const WINDOW_S = 30;
const SCALES = [20, 50, 100, 200, 500, 1000]; // µV from row to row
const LABEL_PX = 74;

export class Traces {
  #scale = 2;
  #rows = null; // {names, sfreq, end, data}: rings of the newest values
  #frame = null;
  #begun = false;

  constructor(parts, name) {
    this.parts = parts;
    parts.smaller.onclick = () => this.#rescale(1);
    parts.larger.onclick = () => this.#rescale(-1);
    this.#rescale(0);
    const message = ({ type, data }) => type === "signal" && this.#take(data);
    this.stream = new Stream({ message, lost: () => {} }, { role: "viewer", types: "signal", dreamer: name });
    this.resized = new ResizeObserver(() => this.#schedule());
    this.resized.observe(parts.traces);
  }

  /** Listens as soon as the service has said that this person may. */
  begin() {
    if (this.#begun || who() === null) return;
    this.#begun = true;
    const seen = may("see_raw");
    for (const part of [this.parts.traces, this.parts.scaling]) show(part, seen);
    if (seen) this.stream.open();
    else write(this.parts.tracesNote, `Your role, ${who().role}, may not see the signal.`);
  }

  close() {
    this.stream.close();
    this.resized.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  #take({ first_sample: first, samples_per_value: each, sfreq, ch_names: names, data }) {
    const length = Math.round(WINDOW_S * sfreq);
    const start = Math.round(first / each);
    if (this.#rows?.names.join() !== names.join() || this.#rows.length !== length) {
      this.#rows = { names, length, end: start, data: names.map(() => new Float32Array(length).fill(NaN)) };
    }
    const rows = this.#rows;
    for (let lost = Math.max(rows.end, start - length); lost < start; lost += 1) {
      for (const row of rows.data) row[lost % length] = NaN;
    }
    data.forEach((values, channel) =>
      values.forEach((value, i) => (rows.data[channel][(start + i) % length] = value ?? NaN)),
    );
    rows.end = start + data[0].length;
    show(this.parts.tracesNote, false);
    this.#schedule();
  }

  #rescale(by) {
    this.#scale = Math.min(Math.max(this.#scale + by, 0), SCALES.length - 1);
    write(this.parts.scale, `${SCALES[this.#scale]} µV a row`);
    this.#schedule();
  }

  #schedule() {
    if (this.#rows === null || this.#frame !== null) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = null;
      this.#draw(this.#rows);
    });
  }

  #draw({ names, length, end, data }) {
    const canvas = this.parts.traces;
    canvas.style.height = `${Math.max(names.length * 56, 90)}px`;
    const [width, height] = fit(canvas);
    const pen = canvas.getContext("2d");
    const row = height / names.length;
    pen.clearRect(0, 0, width, height);
    pen.font = "13px system-ui, sans-serif";
    pen.textBaseline = "middle";
    drawSeconds(pen, width, height);
    data.forEach((values, channel) => {
      const middle = (channel + 0.5) * row;
      pen.fillStyle = colour("muted");
      pen.fillText(names[channel], 0, middle);
      pen.strokeStyle = colour("accent");
      pen.lineWidth = 1;
      drawTrace(pen, values, { length, end, middle, perUv: row / SCALES[this.#scale], width, limit: row });
    });
  }
}

function drawSeconds(pen, width, height) {
  pen.fillStyle = colour("line");
  for (let s = 0; s <= WINDOW_S; s += 5) {
    pen.fillRect(Math.round(LABEL_PX + (s / WINDOW_S) * (width - LABEL_PX - 1)), 0, 1, height);
  }
}

/** What is missing breaks the line; what is too large is cut at the neighbouring row. */
function drawTrace(pen, values, { length, end, middle, perUv, width, limit }) {
  const step = (width - LABEL_PX) / length;
  let drawing = false;
  pen.beginPath();
  for (let i = 0; i < length; i += 1) {
    const value = values[(end + i) % length];
    if (Number.isNaN(value)) {
      drawing = false;
      continue;
    }
    const y = middle - Math.max(-limit, Math.min(limit, value * perUv));
    if (drawing) pen.lineTo(LABEL_PX + i * step, y);
    else pen.moveTo(LABEL_PX + i * step, y);
    drawing = true;
  }
  pen.stroke();
}
