// The sound of alarms: bursts of pulses by priority, patterned after IEC 60601-1-8.

const PAUSE_MS = 120_000;
const HARMONICS = [0, 1, 0.8, 0.6, 0.5, 0.35];
const BURSTS = {
  high: { hz: 660, pulse: 0.15, starts: [0, 0.25, 0.5, 1, 1.25, 2.1, 2.35, 2.6, 3.1, 3.35], every: 8_500 },
  medium: { hz: 523, pulse: 0.2, starts: [0, 0.4, 0.8], every: 11_000 },
  low: { hz: 392, pulse: 0.2, starts: [0, 0.4], every: 31_000 },
};
const ORDER = ["high", "medium", "low"];

export class Sound {
  #context = new AudioContext();
  #wave = this.#context.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
  #pausedUntil = 0;
  #known = new Set();
  #next = 0;

  constructor() {
    for (const kind of ["pointerdown", "keydown"]) {
      addEventListener(kind, () => this.unlock(), { capture: true });
    }
  }

  /** Browsers make no sound before somebody has touched the page. */
  unlock() {
    if (this.#context.state !== "running") this.#context.resume();
  }

  get state() {
    if (this.#context.state !== "running") return "blocked";
    return this.pauseLeft > 0 ? "paused" : "on";
  }

  get pauseLeft() {
    return Math.max(0, this.#pausedUntil - performance.now());
  }

  /** Pauses for two minutes at most, or goes on; a new alarm as grave as any ends the pause too. */
  togglePause() {
    this.#pausedUntil = this.pauseLeft > 0 ? 0 : performance.now() + PAUSE_MS;
    this.#next = 0;
  }

  /**
   * Sounds for the gravest of the alarms that may sound; to be called several times a second.
   * @param {{key: string, priority: string}[]} alarms
   */
  update(alarms, now = performance.now()) {
    const priority = ORDER.find((each) => alarms.some((alarm) => alarm.priority === each));
    if (alarms.some((alarm) => alarm.priority === priority && !this.#known.has(alarm.key))) {
      this.#pausedUntil = 0;
      this.#next = 0;
    }
    this.#known = new Set(alarms.map(({ key }) => key));
    if (priority === undefined || this.state !== "on" || now < this.#next) return;
    this.#next = now + BURSTS[priority].every;
    this.play(priority);
  }

  play(priority) {
    const { hz, pulse, starts } = BURSTS[priority];
    const begin = this.#context.currentTime + 0.05;
    for (const start of starts) this.#pulse(begin + start, hz, pulse);
  }

  #pulse(at, hz, lasts) {
    const tone = new OscillatorNode(this.#context, { frequency: hz });
    const gain = new GainNode(this.#context, { gain: 0 });
    tone.setPeriodicWave(this.#wave);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.5, at + 0.2 * lasts);
    gain.gain.setValueAtTime(0.5, at + 0.8 * lasts);
    gain.gain.linearRampToValueAtTime(0, at + lasts);
    tone.connect(gain).connect(this.#context.destination);
    tone.start(at);
    tone.stop(at + lasts + 0.02);
  }
}
