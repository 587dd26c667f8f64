// Whether the service is heard: without a heartbeat for five seconds nobody counts as monitored.

export const SILENCE_MS = 5000;

export class Pulse {
  #heardAt = -Infinity;
  #tickedAt = Date.now();

  /** @param {{tick: () => void, silent: () => void}} told */
  constructor(told) {
    this.told = told;
    this.alive = false;
    new Worker(new URL("ticker.js", import.meta.url)).onmessage = () => this.#tick();
  }

  /** Notes a heartbeat; whether nobody was heard before. */
  hear() {
    const again = !this.alive;
    this.#heardAt = Date.now();
    this.alive = true;
    return again;
  }

  lose() {
    this.alive = false;
  }

  /** A tick that comes late says that the computer slept; so does its clock when it was set. */
  #tick() {
    const now = Date.now();
    const slept = Math.abs(now - this.#tickedAt) > SILENCE_MS;
    this.#tickedAt = now;
    if (this.alive && (slept || now - this.#heardAt > SILENCE_MS)) {
      this.alive = false;
      this.told.silent();
    }
    this.told.tick();
  }
}
