// The event stream: resumes by its cursor, and says as soon as it hears nothing any more.

const SILENCE_MS = 5000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const REFUSED = new Set([1008, 1009]); // close codes of a service that does not take our cursor

export class Stream {
  #cursor = null;
  #failures = 0;
  #socket = null;
  #silence = null;

  /** @param {{message: (m: object) => void, lost: () => void}} told */
  constructor(told) {
    this.told = told;
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/events?role=technician`);
    socket.onopen = () => socket.send(JSON.stringify({ cursor: this.#cursor }));
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (REFUSED.has(code)) this.#cursor = null;
      this.#again(socket);
    };
    this.#socket = socket;
    this.#listen();
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

  #again(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#silence);
    this.told.lost();
    socket.onmessage = socket.onclose = null;
    socket.close();
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    setTimeout(() => this.open(), wait * (0.5 + Math.random() / 2));
  }
}
