// The night: hypnogram and stacked probabilities (plotly.js), and the spectrogram on the same time.

import { make, show, write } from "./dom.js";
import { spells } from "./hypnogram.js";
import { CONFIG, axis, layout, local, plotly } from "./plots.js";
import { drawSpectrogram } from "./spectrogram.js";
import { colour, onTheme } from "./theme.js";
import { attempt } from "./toast.js";
import { STAGES, hours } from "./words.js";

const EPOCH_MS = 30_000;
const REDRAW_MS = 1000;
const ROWS = { N3: 0, N2: 1, N1: 2, R: 3, W: 4 };
const SHORTEST_MS = 3_600_000;

export class Night {
  #epochs = [];
  #session = null;
  #zoom = null;
  #timer = null;
  #closed = false;

  constructor(parts) {
    this.parts = parts;
    for (const stage of STAGES) parts.legend.append(make("span", stage, stage));
    this.resized = new ResizeObserver(() => this.#spectrogram());
    this.resized.observe(parts.spectrogram);
    this.off = onTheme(() => this.#schedule());
  }

  close() {
    this.#closed = true;
    this.resized.disconnect();
    this.off();
    clearTimeout(this.#timer);
    if (this.drawn) window.Plotly.purge(this.parts.night);
  }

  /** Takes the epochs of a session so far; those streamed meanwhile stay. */
  fill({ session, epochs }, { started_at: at, planned_s: planned }) {
    const streamed = this.#epochs.filter((epoch) => epoch.session === session);
    this.#session = { session, start: Date.parse(at), planned: (planned ?? 0) * 1000 };
    this.#epochs = [];
    for (const epoch of [...epochs, ...streamed]) this.#epochs[epoch.index] = epoch;
    this.#schedule();
  }

  take(epoch) {
    if (this.#session && epoch.session !== this.#session.session) return;
    this.#epochs[epoch.index] = epoch;
    this.#schedule();
  }

  #schedule() {
    if (this.#timer !== null || this.#session === null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      attempt(() => this.#draw());
    }, this.drawn ? REDRAW_MS : 0);
  }

  get #range() {
    const { start, planned } = this.#session;
    return this.#zoom ?? [start, start + Math.max(this.#epochs.length * EPOCH_MS, planned, SHORTEST_MS)];
  }

  async #draw() {
    show(this.parts.nightNote, this.#epochs.length === 0);
    const Plotly = await plotly();
    if (this.#closed) return;
    const element = this.parts.night;
    const at = (index) => local(this.#session.start + index * EPOCH_MS);
    const traces = [...stepTraces(this.#epochs, at), ...shareTraces(this.#epochs, at)];
    await Plotly.react(element, traces, figure(this.#range.map(local)), CONFIG);
    if (!this.drawn) element.on("plotly_relayout", (change) => this.#zoomed(change));
    this.drawn = true;
    element.setAttribute("aria-label", inWords(this.#epochs));
    this.#spectrogram();
  }

  #zoomed(change) {
    if (change["xaxis.autorange"]) this.#zoom = null;
    else if (change["xaxis.range[0]"]) this.#zoom = [0, 1].map((i) => Date.parse(change[`xaxis.range[${i}]`].replace(" ", "T")));
    else return;
    this.#schedule();
  }

  #spectrogram() {
    if (this.#session === null) return;
    const some = this.#epochs.some((epoch) => epoch?.spectrum?.length);
    show(this.parts.spectral, some);
    if (!some) return;
    const [from, to] = this.#range.map((ms) => (ms - this.#session.start) / EPOCH_MS);
    const [quiet, loud] = drawSpectrogram(this.parts.spectrogram, this.#epochs, from, to);
    write(this.parts.quiet, `${Math.round(quiet)} dB`);
    write(this.parts.loud, `${Math.round(loud)} dB`);
  }
}

/** A line through all stages, and each stage's spells in its colour upon it. */
function stepTraces(epochs, at) {
  const runs = spells(epochs.map(({ stage }) => stage));
  const line = { x: [], y: [] };
  const own = Object.fromEntries(STAGES.map((stage) => [stage, { x: [], y: [] }]));
  runs.forEach(({ stage, first, end }, i) => {
    if (i > 0 && runs[i - 1].end !== first) line.x.push(at(first)), line.y.push(null);
    line.x.push(at(first), at(end));
    line.y.push(ROWS[stage], ROWS[stage]);
    own[stage].x.push(at(first), at(end), at(end));
    own[stage].y.push(ROWS[stage], ROWS[stage], null);
  });
  const shared = { mode: "lines", hoverinfo: "skip", yaxis: "y2" };
  return [
    { ...shared, ...line, line: { color: colour("faint"), width: 1 } },
    ...STAGES.map((stage) => ({
      ...shared, ...own[stage], line: { color: colour(stage), width: stage === "R" ? 6 : 3.5 },
    })),
  ];
}

function shareTraces(epochs, at) {
  const all = [...epochs, epochs.at(-1)]; // the last one has an end too
  const x = all.map((_, index) => at(index));
  return [...STAGES].reverse().map((stage) => ({
    x,
    y: all.map((epoch) => Math.round(100 * (epoch?.proba[stage] ?? 0))),
    name: stage,
    stackgroup: "shares",
    mode: "lines",
    line: { shape: "hv", width: 0, color: colour(stage) },
    fillcolor: colour(stage),
    hovertemplate: "%{y} %<extra>%{fullData.name}</extra>",
  }));
}

const figure = (range) =>
  layout({
    height: 300,
    hovermode: "x unified",
    dragmode: "zoom",
    xaxis: axis({ type: "date", range, tickformat: "%H:%M", hoverformat: "%H:%M:%S", showgrid: true }),
    yaxis: axis({ domain: [0, 0.34], range: [0, 100], tickvals: [0, 50, 100], ticksuffix: " %", fixedrange: true }),
    yaxis2: axis({
      domain: [0.42, 1], range: [-0.5, 4.5], fixedrange: true, tickvals: Object.values(ROWS), ticktext: Object.keys(ROWS),
    }),
  });

function inWords(epochs) {
  const n = (stage) => epochs.filter((epoch) => epoch?.stage === stage).length / 2;
  const said = STAGES.map((stage) => `${stage} ${hours(n(stage))}`).join(", ");
  return `Hypnogram with probabilities, ${hours(epochs.length / 2)}: ${said}`;
}
