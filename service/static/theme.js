// Night for dark rooms, day for lit ones: as the system says until somebody chooses; remembered.

const KEY = "dreamwatch.theme";
const light = matchMedia("(prefers-color-scheme: light)");
const listeners = new Set();
let palette = null;

export const theme = () => document.documentElement.dataset.theme;

export function toggleTheme() {
  localStorage.setItem(KEY, theme() === "day" ? "night" : "day");
  apply();
}

/** Calls the listener when the theme changes; returns what ends that. */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The value of a colour of the style sheet, for what is drawn. */
export function colour(name) {
  palette ??= getComputedStyle(document.documentElement);
  return palette.getPropertyValue(`--${name}`).trim();
}

function apply() {
  document.documentElement.dataset.theme = localStorage.getItem(KEY) ?? (light.matches ? "day" : "night");
  palette = null;
  for (const listener of listeners) listener();
}

light.addEventListener("change", apply);
apply();
