// The hypnogram as a step line: epochs that could not be scored are holes, REM is marked.

const ROWS = { N3: 0, N2: 1, N1: 2, R: 3, W: 4 };
const EPOCH_S = 30;
const MUTED = "#9aa4ba";
const LAYOUT = {
  margin: { l: 34, r: 8, t: 6, b: 22 },
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  showlegend: false,
  font: { color: MUTED, size: 13 },
  xaxis: { ticksuffix: " h", rangemode: "tozero", gridcolor: "#1e2636", zeroline: false, fixedrange: true },
  yaxis: {
    tickvals: Object.values(ROWS),
    ticktext: Object.keys(ROWS),
    range: [-0.4, 4.4],
    gridcolor: "#1e2636",
    zeroline: false,
    fixedrange: true,
  },
};
const CONFIG = { staticPlot: true, responsive: true };

/** Draws epochs, a list indexed by epoch number that may have holes. */
export function draw(element, epochs) {
  const line = steps(epochs, () => true);
  const rem = steps(epochs, (epoch) => epoch.stage === "R");
  window.Plotly.react(
    element,
    [
      { ...line, mode: "lines", line: { shape: "hv", color: "#7d9bff", width: 2 } },
      { ...rem, mode: "lines", line: { shape: "hv", color: "#ff7aa2", width: 5 } },
    ],
    LAYOUT,
    CONFIG,
  );
  element.setAttribute("aria-label", `Hypnogram, ${epochs.length} epochs of 30 seconds`);
}

/** Points of the epochs that pass; each run ends where its last epoch does, then comes a hole. */
function steps(epochs, passes) {
  const x = [];
  const y = [];
  let row = null;
  for (let index = 0; index <= epochs.length; index += 1) {
    const epoch = epochs[index];
    const hour = (index * EPOCH_S) / 3600;
    const next = epoch && epoch.stage in ROWS && passes(epoch) ? ROWS[epoch.stage] : null;
    if (row !== null && next === null) {
      x.push(hour, hour);
      y.push(row, null);
    }
    if (next !== null && next !== row) {
      x.push(hour);
      y.push(next);
    }
    row = next;
  }
  return { x, y };
}
