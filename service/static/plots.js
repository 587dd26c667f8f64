// plotly.js, fetched when the first chart is drawn, and what all charts share.

import { colour } from "./theme.js";

// plotly.js brings a style sheet for its maps, which no chart here has, unless it finds this id.
const MAPS_STYLE = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";
let loading = null;

/** Resolves to Plotly. */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement("meta"), { id: MAPS_STYLE }));
    const script = document.createElement("script");
    script.src = "plotly.min.js";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.min.js could not be fetched"));
    document.head.append(script);
  });
  return loading;
}

export const CONFIG = { displayModeBar: false, responsive: true, displaylogo: false };
export const MARGIN = { l: 44, r: 12, t: 8, b: 26 };

export const axis = (more = {}) => ({
  gridcolor: colour("line"),
  linecolor: colour("line"),
  zeroline: false,
  tickfont: { color: colour("muted"), size: 12 },
  ...more,
});

export const layout = (more = {}) => ({
  margin: MARGIN,
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  showlegend: false,
  font: { color: colour("muted"), size: 12 },
  hoverlabel: { bgcolor: colour("raised"), bordercolor: colour("line"), font: { color: colour("text") } },
  ...more,
});

/** Plotly shows times as they are written: this computer's. */
export function local(ms) {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return at.toISOString().slice(0, 19).replace("T", " ");
}
