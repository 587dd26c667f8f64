// The event stream: resumes by its cursor, and says as soon as it hears nothing any more. Each
// connection needs a ticket; `api.js` says what becomes of who has to sign in for one.

import { me, ticket } from "./api.js";

const SILENCE_MS = 5000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const WHOLE = "session,epoch,coverage,gap,alarm,wake,usage,command,stage,heartbeat"; // all but traces
const REFUSED = new Set([1008, 1009]); // close codes of a service that does not take our cursor

export class Stream {
  #cursor = null;
  #failures = 0;
  #socket = null;
  #silence = null;
  #closed = false;

  /**
   * @param {{message: (m: object) => void, lost: () => void}} told
   * @param {Record<string, string>} wanted the query: role, types, dreamer
   */
  constructor(told, wanted = { role: "technician", types: WHOLE }) {
    this.told = told;
    this.wanted = new URLSearchParams(wanted);
  }

  async open() {
    if (this.#closed) return;
    const query = await this.#query().catch(() => null);
    if (this.#closed) return;
    if (query === null) {
      this.#later();
      return;
    }
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/events?${query}`);
    socket.onopen = () => socket.send(JSON.stringify({ cursor: this.#cursor }));
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (REFUSED.has(code)) this.#cursor = null;
      this.#again(socket);
    };
    this.#socket = socket;
    this.#listen();
  }

  /** What was wanted, with a ticket; who may attend nobody does not say so. */
  async #query() {
    const signal = AbortSignal.timeout(SILENCE_MS);
    const query = new URLSearchParams(this.wanted);
    if (query.get("role") === "technician" && !(await me({ signal })).may.includes("attend")) {
      query.set("role", "viewer");
    }
    query.set("ticket", (await ticket({ signal })).ticket);
    return query;
  }

  #receive(message) {
    this.#failures = 0;
    this.#listen();
    if (message.type === "snapshot") this.#cursor = { ...message.data.cursor };
    if ("seq" in message) {
      this.#cursor ??= {};
      if (message.seq <= (this.#cursor[message.dreamer] ?? 0)) return;
      this.#cursor[message.dreamer] = message.seq;
    }
    if (message.type === "heartbeat" && this.#misses(message)) {
      this.#again(this.#socket);
      return;
    }
    this.told.message(message);
  }

  /** Without a message for five seconds, heartbeats included, nobody counts as monitored. */
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.told.lost();
      this.#again(this.#socket);
    }, SILENCE_MS);
  }

  /** Stops for good. */
  close() {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    this.#closed = true;
    socket?.close();
  }

  /** Whether the service sent entries, before this heartbeat, that never arrived. */
  #misses({ data: { cursor } }) {
    if (this.wanted.get("types") !== WHOLE) return false;
    return Object.entries(this.#cursor ?? {}).some(([name, seq]) => cursor[name] > seq);
  }

  #again(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#silence);
    socket.onmessage = socket.onclose = null;
    socket.close();
    this.#later();
  }

  #later() {
    this.told.lost();
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    setTimeout(() => this.open(), wait * (0.5 + Math.random() / 2));
  }
}
