// What the device does at each step of the wake protocol: sounds during a cue, listens after it.

import { loudness } from "./loudness.js";

const SETTLE_MS = 50; // after a break many steps come at once, of which only the last is now
const LEAST_DBA = 65;

export class Waking {
  #wake = null;
  #until = 0;
  #settling = null;

  /** @param {() => {name: string, measured: number | null}} settings as they are at a cue */
  constructor(cue, ear, settings) {
    this.cue = cue;
    this.ear = ear;
    this.settings = settings;
  }

  /** Takes in a step and when it was made; it lasts as long as the protocol gives it, and no longer. */
  follow(wake, at) {
    if (isSame(wake, this.#wake)) return;
    this.#wake = wake;
    this.#until = performance.now() + (wake?.until ? Date.parse(wake.until) - Date.parse(at) : 0);
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.act(), SETTLE_MS);
  }

  /** Does what the step asks for; again when the sound was unlocked in its midst. */
  act() {
    const ms = this.#until - performance.now();
    this.cue.stop();
    if (this.#wake?.step === "CUE" && ms > 0) {
      this.ear.deafen();
      this.#sound(ms / 1000);
    } else if (this.#wake?.step === "LISTEN" && ms > 0) {
      this.ear.listen(ms);
    } else {
      this.ear.rest();
    }
  }

  #sound(seconds) {
    if (!this.cue.unlocked) return;
    const { name, measured } = this.settings();
    this.cue.play(loudness(this.#wake.level_dba ?? LEAST_DBA, measured).gain, seconds, name);
  }
}

const isSame = (a, b) => a?.step === b?.step && a?.round === b?.round && a?.until === b?.until;
