// "I am awake": one command, sent again with the same id until the service has it or it is too old to be true.

import { command } from "../../api.js";

const AGAIN_MS = 1500;
const PATIENCE_MS = 5000;
const VALID_MS = 60_000; // an older answer says nothing of now, and must not end a later waking

export class Answer {
  #sending = false;

  /** @param {(state: "sending"|"unsent"|"heard"|"refused"|"void", why?: string) => void} told */
  constructor(dreamer, told) {
    this.path = `/dreamers/${encodeURIComponent(dreamer)}/respond`;
    this.told = told;
  }

  /** Gives the answer by "button" or "voice"; while one is under way, another says nothing new. */
  async give(by) {
    if (this.#sending) return;
    this.#sending = true;
    this.told("sending");
    try {
      await this.#send({ command_id: crypto.randomUUID(), actor: "dreamer", by }, Date.now() + VALID_MS);
    } finally {
      this.#sending = false;
    }
  }

  async #send(fields, until) {
    while (Date.now() < until) {
      try {
        await inTime(command(this.path, fields));
        return this.told("heard");
      } catch (error) {
        if (isFinal(error)) return this.told("refused", error.message);
        this.told("unsent", error.status ? error.message : "no connection");
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    return this.told("void");
  }
}

const isFinal = ({ status }) => status >= 400 && status < 500 && status !== 429;

const inTime = (promise) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error("no answer in time")), PATIENCE_MS)),
  ]);
