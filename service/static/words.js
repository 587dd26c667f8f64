// The words, shapes and numbers by which the page says things.

export const STAGES = ["W", "R", "N1", "N2", "N3"];
export const RANK = { high: 0, medium: 1, low: 2 };
export const SHAPE = { high: "▲", medium: "◆", low: "●" };
export const COVERAGE = {
  MONITORED: ["●", "MONITORED"],
  DEGRADED: ["◐", "DEGRADED"],
  NOT_MONITORED: ["✕", "NOT MONITORED"],
};
export const LEVELS = ["within the limits", "over one soft limit", "over two soft limits in 7 days", "over a hard limit"];

const STAGE_NAMES = {
  W: "awake",
  R: "REM sleep",
  N1: "drowsy",
  N2: "light sleep",
  N3: "deep sleep",
  UNSCORED: "signal too poor",
};
const STATES = {
  ACTIVE_UNACK: "nobody has taken it on",
  ACTIVE_ACK: "taken on",
  RTN_UNACK: "gone, but nobody took it on",
  AWAIT_DISPOSITION: "taken on; say what you found",
  SHELVED: "put aside",
  INHIBITED: "held back by a graver alarm",
};
const TOLD = ["the technician is told", "a second person is told", "everybody is told"];
const STEPS = {
  IDLE: "not running",
  DEFER: "waits for deep sleep to end",
  CUE: "wake cue",
  LISTEN: "listens for an answer",
  RESPONDED: "answered; must stay awake",
  HUMAN_ATTEND: "a person goes",
  UNRESPONSIVE: "does not respond",
  WOKEN: "woken; is looked at again",
};

export const stageName = (stage) => STAGE_NAMES[stage] ?? "stage unknown";
export const priorityName = (priority) => `${SHAPE[priority]} ${priority.toUpperCase()}`;
export const stepName = (step) => STEPS[step] ?? plain(step);
export const plain = (code) => code.replaceAll("_", " ").toLowerCase();

/** "Electrode off Fpz-Cz" */
export function alarmName({ kind, source }) {
  const words = plain(kind).replace("eeg", "EEG");
  return `${words[0].toUpperCase()}${words.slice(1)} ${source}`.trim();
}

export const stateName = (state) => STATES[state] ?? plain(state);

export function alarmState({ state, acked_by: by, escalation_level: level }) {
  const words = stateName(state);
  if (state === "ACTIVE_UNACK" || state === "RTN_UNACK") return `${words}; ${TOLD[level] ?? TOLD[2]}`;
  return by ? words.replace("taken on", `taken on by ${by}`) : words;
}

export const percent = (share) => `${Math.round(100 * share)} %`;
export const minutes = (min) => (min === null || min === undefined ? "–" : `${Math.round(min)} min`);

/** 192 → "3 h 12" */
export function hours(min) {
  if (min === null || min === undefined) return "–";
  const whole = Math.round(min);
  return whole < 60 ? `${whole} min` : `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, "0")}`;
}

/** 83000 → "1:23" */
export function countdown(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const seconds = String(s % 60).padStart(2, "0");
  return h ? `${h}:${String(m).padStart(2, "0")}:${seconds}` : `${m}:${seconds}`;
}

/** "17:12" as it is here, "22 Nov 17:12" on another day than today. */
export function clockTime(at, timeStyle = "short") {
  const then = new Date(at);
  const time = then.toLocaleTimeString([], { timeStyle, hourCycle: "h23" });
  const today = then.toDateString() === new Date().toDateString();
  return today ? time : `${then.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

/** The service's own words with the times in them as they are here. */
export const localTimes = (text) => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => clockTime(at));
