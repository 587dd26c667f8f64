// What a person sets before the night: the name, the loudness, the voice. Remembered by this browser.

import { canSpeak } from "./cue.js";
import { MEASURABLE_DBA, REFERENCE_GAIN, loudest, loudness } from "./loudness.js";
import { recall, remember } from "./memory.js";
import { Loud } from "./voice.js";

const REFERENCE_S = 15;
const TRY_S = 8;
const GENTLEST_DBA = 65;
const form = document.getElementById("settings");
const field = (id) => document.getElementById(id);

export class Settings {
  #loud = new Loud();

  constructor(dreamer, cue, ear, changed) {
    this.keys = { name: `name.${dreamer}`, measured: "measured", voice: `voice.${dreamer}` };
    this.cue = cue;
    this.ear = ear;
    this.changed = changed;
    field("name").value = this.name;
    field("voice").checked = recall(this.keys.voice, false);
    this.#wire();
    this.#showLoudness();
    canSpeak().then((can) => (field("speech").hidden = can));
  }

  get name() {
    return recall(this.keys.name, "");
  }

  get measured() {
    const measured = recall(this.keys.measured);
    return isMeasurable(measured) ? measured : null;
  }

  /** Opens the microphone if a voice is to count. */
  async listen() {
    if (!field("voice").checked) return this.#hush();
    try {
      await this.ear.open();
      this.#sayVoice("Say something: the bar turns green when it would count.");
    } catch {
      this.ear.close();
      field("voice").checked = false;
      this.#sayVoice("The microphone is not allowed here, so only the button counts.");
    }
    field("ear").hidden = !field("voice").checked;
  }

  /** Shows what the microphone hears. */
  showLevel(level, limit) {
    const counts = this.#loud.push(performance.now(), level, limit);
    field("ear").value = level;
    field("ear").dataset.counts = counts;
  }

  #wire() {
    field("name").oninput = () => remember(this.keys.name, field("name").value.trim());
    field("reference").onclick = () => this.#play(() => this.cue.hold(REFERENCE_GAIN, REFERENCE_S));
    field("try").onclick = () =>
      this.#play(() => this.cue.play(loudness(GENTLEST_DBA, this.measured).gain, TRY_S, this.name));
    field("forget").onclick = () => this.#keep(null);
    field("voice").onchange = () => {
      remember(this.keys.voice, field("voice").checked);
      this.listen();
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#keep(field("measured").valueAsNumber);
    };
  }

  async #play(sound) {
    await this.cue.unlock();
    this.changed();
    sound();
  }

  #keep(measured) {
    this.cue.stop();
    remember(this.keys.measured, measured);
    field("measured").value = "";
    this.#showLoudness();
    this.changed();
  }

  #showLoudness() {
    const { measured } = this;
    field("forget").hidden = measured === null;
    field("loudness").textContent =
      measured === null
        ? "Level unknown: cues grow louder from round to round, but nobody knows how loud they are."
        : `Measured: ${measured} dBA. Cues reach ${Math.floor(loudest(measured))} dBA at most.`;
  }

  #hush() {
    this.ear.close();
    field("ear").hidden = true;
    this.#sayVoice("Only the button counts as an answer.");
  }

  #sayVoice(text) {
    field("voice-state").textContent = text;
  }
}

const isMeasurable = (measured) =>
  typeof measured === "number" && measured >= MEASURABLE_DBA[0] && measured <= MEASURABLE_DBA[1];
