// The sound that wakes: bursts of a 520-Hz square wave, and the name in their pauses.

const HZ = 520;
const BURST_S = 0.5;
const BURSTS = 3; // three bursts and a pause, the temporal pattern of evacuation signals
const PERIOD_S = 4;
const NAME_AFTER_S = 2.6;
const UNLOCK_MS = 1000;
const EDGE_S = 0.01; // without it a burst begins and ends with a click

export class Cue {
  #context = new AudioContext();
  #playing = null;

  /** @param {() => void} changed told when the browser lets the page sound, or no longer does */
  constructor(changed) {
    this.#context.onstatechange = changed;
  }

  /** Browsers keep a page silent until somebody has touched it. */
  get unlocked() {
    return this.#context.state === "running";
  }

  get playing() {
    return this.#playing !== null;
  }

  /** To be called while somebody touches the page; a device without loudspeaker stays locked. */
  async unlock() {
    speechSynthesis.speak(utterance(" ", 0));
    await Promise.race([this.#context.resume(), new Promise((resolve) => setTimeout(resolve, UNLOCK_MS))]);
  }

  /** Sounds for so many seconds, all of it planned now: it ends in time whatever becomes of the page. */
  play(gain, seconds, name) {
    const bursts = Math.ceil(seconds / PERIOD_S) * BURSTS;
    const starts = Array.from({ length: bursts }, (_, i) => Math.floor(i / BURSTS) * PERIOD_S + 2 * BURST_S * (i % BURSTS));
    this.#sound(gain, seconds, starts.filter((start) => start < seconds), BURST_S);
    if (name) this.#call(name, gain);
  }

  /** Sounds without a break, to be measured. */
  hold(gain, seconds) {
    this.#sound(gain, seconds, [0], seconds);
  }

  stop() {
    if (this.#playing === null) return;
    const { tone, envelope, timers } = this.#playing;
    this.#playing = null;
    timers.forEach(clearTimeout);
    speechSynthesis.cancel();
    tone.onended = null;
    envelope.gain.cancelScheduledValues(0);
    envelope.gain.setTargetAtTime(0, this.#context.currentTime, EDGE_S);
    tone.stop(this.#context.currentTime + 10 * EDGE_S);
  }

  #sound(gain, seconds, starts, lasts) {
    this.stop();
    const tone = new OscillatorNode(this.#context, { type: "square", frequency: HZ });
    const envelope = new GainNode(this.#context, { gain: 0 });
    const begin = this.#context.currentTime + EDGE_S;
    for (const start of starts) burst(envelope.gain, begin + start, gain, Math.min(lasts, seconds - start));
    tone.connect(envelope).connect(this.#context.destination);
    tone.start(begin);
    tone.stop(begin + seconds);
    tone.onended = () => this.stop();
    this.#playing = { tone, envelope, timers: [] };
  }

  /** Calls the name in this pause and the next ones. */
  #call(name, gain) {
    const { timers } = this.#playing;
    const again = () => {
      speechSynthesis.speak(utterance(`${name}, wake up`, gain));
      timers[0] = setTimeout(again, PERIOD_S * 1000);
    };
    timers[0] = setTimeout(again, NAME_AFTER_S * 1000);
  }
}

/** Whether this device can call a name; voices may come a while after the page. */
export async function canSpeak(withinMs = 3000) {
  if (speechSynthesis.getVoices().length > 0) return true;
  await new Promise((resolve) => {
    speechSynthesis.addEventListener("voiceschanged", resolve, { once: true });
    setTimeout(resolve, withinMs);
  });
  return speechSynthesis.getVoices().length > 0;
}

/** Speech of the same peak as the tone is never louder: nothing has more power for its peak than a square wave. */
function utterance(text, volume) {
  return Object.assign(new SpeechSynthesisUtterance(text), { volume, lang: document.documentElement.lang });
}

function burst(parameter, at, gain, lasts) {
  parameter.setValueAtTime(0, at);
  parameter.linearRampToValueAtTime(gain, at + EDGE_S);
  parameter.setValueAtTime(gain, at + lasts - EDGE_S);
  parameter.linearRampToValueAtTime(0, at + lasts);
}
