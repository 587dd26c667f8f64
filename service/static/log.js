// The log of one dreamer: pages of it backwards, new entries as they come, in words.

import { events } from "./commands.js";
import { make, show } from "./dom.js";
import { dreamers } from "./dreamers.js";
import { sentence } from "./sentences.js";
import { attempt } from "./toast.js";
import { clockTime } from "./words.js";

const PAGE = 200;
const MOST = 2000;
const USUAL = new Set(["session", "coverage", "gap", "alarm", "wake", "command"]);

export class Log {
  #entries = new Map(); // seq: entry
  #first = null; // the oldest number that was asked for

  constructor(parts, name) {
    this.parts = parts;
    this.name = name;
    parts.filter.onchange = () => this.#showAll();
    parts.older.onclick = () => this.#load(this.#first);
  }

  /** Fetches the latest page, once something is known of the dreamer. */
  begin({ seq }) {
    if (this.#first === null) this.#load(seq + 1);
  }

  take(entry) {
    this.#entries.set(entry.seq, entry);
    if (this.#entries.size > MOST) this.#entries.delete(Math.min(...this.#entries.keys()));
    if (this.#passes(entry)) this.parts.log.prepend(row(entry));
    if (this.parts.log.children.length > MOST) this.parts.log.lastElementChild.remove();
  }

  /** Fetches the page of entries before a number. */
  #load(before) {
    const after = Math.max(0, before - 1 - PAGE);
    this.#first = after + 1;
    const cursor = Object.fromEntries([...dreamers.values()].map(({ dreamer, seq }) => [dreamer, seq]));
    attempt(async () => {
      const page = await events({ ...cursor, [this.name]: after }, PAGE);
      for (const entry of page.events) if (entry.dreamer === this.name) this.#entries.set(entry.seq, entry);
      show(this.parts.older, after > 0);
      this.#showAll();
    });
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
