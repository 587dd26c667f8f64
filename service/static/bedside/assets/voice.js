// A voice as the answer: whether the microphone hears something loud for half a second. Nothing is kept.

const EVERY_MS = 50;
const BAND_HZ = 700; // the middle of what speech is made of: hum and rumble stay outside
const LOUD_FOR_MS = 500;
const BREATH_MS = 200; // speech has gaps
const OVER_ROOM_DB = 12;
const LEAST_DB = -50;
const ROOM_OVER_MS = 3000;
const ECHO_MS = 700; // the cue and the name die away in the room
const LEARN = "learn";
const DEAF = "deaf";

/** Says when it has been loud for long enough; times in ms, levels and limit in dB of full scale. */
export class Loud {
  #since = null;
  #last = null;

  push(now, level, limit) {
    if (level >= limit) {
      this.#since ??= now;
      this.#last = now;
    } else if (this.#last === null || now - this.#last > BREATH_MS) {
      this.#since = null;
    }
    return this.#since !== null && level >= limit && now - this.#since >= LOUD_FOR_MS;
  }
}

export class Ear {
  #opened = null;
  #mode = LEARN;
  #room = [];
  #loud = new Loud();

  /** @param {{level: (dB: number, limit: number) => void, voice: () => void}} told */
  constructor(told) {
    this.told = told;
  }

  /** Opens the microphone, once; raises where that is not allowed. */
  open() {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async close() {
    const opened = this.#opened;
    this.#opened = null;
    const { context, stream, timer } = (await opened?.catch(() => null)) ?? {};
    clearInterval(timer);
    stream?.getTracks().forEach((track) => track.stop());
    await context?.close();
  }

  async #open() {
    const wanted = { echoCancellation: true, noiseSuppression: false, autoGainControl: false };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
    const context = new AudioContext();
    const source = context.createMediaStreamSource(stream);
    const band = new BiquadFilterNode(context, { type: "bandpass", frequency: BAND_HZ, Q: 0.4 });
    const meter = new AnalyserNode(context, { fftSize: 2048 });
    source.connect(band).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    const timer = setInterval(() => this.#hear(power(meter, samples)), EVERY_MS);
    return { context, stream, timer };
  }

  /** Learns how loud the room is. */
  rest() {
    this.#mode = LEARN;
  }

  /** Neither listens nor learns: the page itself sounds. */
  deafen() {
    this.#mode = DEAF;
  }

  /** Listens for so many milliseconds, once the page itself has died away. */
  listen(ms) {
    const now = performance.now();
    this.#mode = { from: now + ECHO_MS, until: now + ms };
    this.#loud = new Loud();
  }

  #hear(level) {
    const now = performance.now();
    const limit = this.#limit();
    this.told.level(level, limit);
    if (this.#mode === LEARN) this.#learn(level);
    else if (this.#mode !== DEAF) this.#judge(now, level, limit);
  }

  #judge(now, level, limit) {
    const { from, until } = this.#mode;
    if (now > until) this.rest();
    else if (now >= from && this.#loud.push(now, level, limit)) {
      this.deafen();
      this.told.voice();
    }
  }

  /** The room is as loud as in most of the last seconds. */
  #learn(level) {
    this.#room.push(level);
    if (this.#room.length > ROOM_OVER_MS / EVERY_MS) this.#room.shift();
  }

  #limit() {
    const sorted = [...this.#room].sort((a, b) => a - b);
    return Math.max(LEAST_DB, (sorted[Math.floor(sorted.length / 2)] ?? -Infinity) + OVER_ROOM_DB);
  }
}

function power(meter, samples) {
  meter.getFloatTimeDomainData(samples);
  const mean = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(mean + 1e-12);
}
