// Which of its four faces the page shows.

const WAKING = new Set(["CUE", "LISTEN", "RESPONDED", "HUMAN_ATTEND", "UNRESPONSIVE"]);
const SLEEP = new Set(["N1", "N2", "N3", "R"]);
const AWAKE_EPOCHS = 10; // five minutes of W

/** "waking" comes first; "morning" only for somebody awake; "night" once the sound was made ready. */
export function scene(wake, { awake, ready }) {
  if (WAKING.has(wake?.step)) return "waking";
  if (awake) return "morning";
  return ready ? "night" : "evening";
}

/** Whether the dreamer is awake now, by what they did or by the EEG; sleep takes either back. */
export class Wakefulness {
  #slept = false;
  #inARow = 0;
  said = false;

  get awake() {
    return this.said || (this.#slept && this.#inARow >= AWAKE_EPOCHS);
  }

  apply({ type, data }) {
    if (type === "session" && data.status === "started") this.#restart();
    if (type === "epoch") this.#count(data.stage);
    if (type === "wake" && data.step === "WOKEN") this.said = true;
    if (type === "snapshot") this.said ||= data.dreamers[0]?.wake?.step === "WOKEN";
  }

  /** Somebody reads the morning's page no more. */
  dismiss() {
    this.said = false;
    this.#inARow = -Infinity;
  }

  #restart() {
    this.#slept = false;
    this.#inARow = 0;
    this.said = false;
  }

  #count(stage) {
    this.#inARow = stage === "W" ? this.#inARow + 1 : 0;
    if (!SLEEP.has(stage)) return;
    this.#slept = true;
    this.said = false;
  }
}
