// The log of one dreamer: pages of it backwards, new entries as they come, in words.

import { events } from "./commands.js";
import { make, show } from "./dom.js";
import { dreamers } from "./dreamers.js";
import { sentence } from "./sentences.js";
import { attempt } from "./toast.js";
import { clockTime } from "./words.js";

const PAGE = 200;
const SCREENFUL = 20; // rows
const MOST_PAGES = 10; // at a time
const MOST = 4000;
const USUAL = new Set(["session", "coverage", "gap", "alarm", "wake", "command"]);

export class Log {
  #entries = new Map(); // seq: entry
  #first = null; // the oldest number that is here
  #loading = false;

  constructor(parts, name) {
    this.parts = parts;
    this.name = name;
    parts.filter.onchange = () => {
      this.#showAll();
      this.#fill(SCREENFUL);
    };
    parts.older.onclick = () => this.#fill(this.#rows + SCREENFUL);
  }

  /** Fetches the latest entries, once something is known of the dreamer. */
  begin({ seq }) {
    if (this.#first !== null) return;
    this.#first = seq + 1;
    this.#fill(SCREENFUL);
  }

  take(entry) {
    this.#entries.set(entry.seq, entry);
    if (this.#entries.size > MOST) this.#drop(Math.min(...this.#entries.keys()));
    if (this.#passes(entry)) this.parts.log.prepend(row(entry));
    if (this.#rows > MOST) this.parts.log.lastElementChild.remove();
  }

  get #rows() {
    return this.parts.log.children.length;
  }

  #drop(oldest) {
    this.#entries.delete(oldest);
    this.#first = oldest + 1;
    show(this.parts.older, true);
  }

  /** Fetches pages until there are so many rows or no older entries; at most some at a time. */
  async #fill(rows) {
    const { log, older } = this.parts;
    if (this.#loading) return;
    this.#loading = older.disabled = true;
    await attempt(async () => {
      for (let page = 0; page < MOST_PAGES && this.#rows < rows && this.#first > 1 && log.isConnected; page += 1) {
        await this.#load();
      }
    });
    this.#loading = older.disabled = false;
  }

  /** Fetches the page before the oldest entry. */
  async #load() {
    const after = Math.max(0, this.#first - 1 - PAGE);
    const cursor = Object.fromEntries([...dreamers.values()].map(({ dreamer, seq }) => [dreamer, seq]));
    const page = await events({ ...cursor, [this.name]: after }, PAGE);
    for (const entry of page.events) if (entry.dreamer === this.name) this.#entries.set(entry.seq, entry);
    this.#first = after + 1;
    show(this.parts.older, after > 0);
    this.#showAll();
  }

  #passes({ type }) {
    const chosen = this.parts.filter.value;
    return chosen === "" ? USUAL.has(type) : type === chosen;
  }

  #showAll() {
    const chosen = [...this.#entries.values()].filter((entry) => this.#passes(entry));
    this.parts.log.replaceChildren(...chosen.sort((a, b) => b.seq - a.seq).map(row));
  }
}

function row(entry) {
  const line = make("tr");
  const [what, loud] = sentence(entry);
  const said = make("td");
  said.append(make("span", what, loud));
  line.append(make("td", String(entry.seq)), make("td", clockTime(entry.at, "medium")), said);
  return line;
}
