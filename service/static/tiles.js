// All tiles, the most urgent first.

import { byUrgency, dreamers, urgency } from "./dreamers.js";
import { arrange, mark, show, write } from "./dom.js";
import { Hold, settle } from "./hold.js";
import { loadNight } from "./nights.js";
import { Tile } from "./tile.js";
import { isWaking, tickWake } from "./wake.js";

const REST_MS = 10_000;
const CALM = 6; // less urgent than any alarm
const UNCALM = { NOT_MONITORED: 0, DEGRADED: 1, MONITORED: 2 };

export class Tiles {
  #tiles = new Map();
  #list = document.getElementById("tiles");
  #hold = new Hold(this.#list, REST_MS);
  #seen;

  /** @param {(name: string) => void} changed told of a night that was fetched */
  constructor(changed) {
    this.#seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const tile = this.#tiles.get(target.dataset.name);
        if (!tile) continue;
        tile.visible = isIntersecting;
        if (isIntersecting) loadNight(target.dataset.name, changed);
        tile.draw();
      }
    });
    this.changed = changed;
  }

  /** Shows those that changed; all others stay as they are. */
  show(names, connected) {
    for (const name of names) {
      const tile = this.#tiles.get(name) ?? this.#add(name);
      tile.show(dreamers.get(name), connected);
      if (tile.visible) loadNight(name, this.changed);
    }
    this.#arrange(connected);
    mark(this.#list, "density", this.#tiles.size > 24 ? "many" : this.#tiles.size > 4 ? "some" : "few");
    show(document.querySelector(".nobody"), dreamers.size === 0);
  }

  tick() {
    for (const [name, tile] of this.#tiles) {
      if (tile.visible && isWaking(dreamers.get(name))) tickWake(tile.parts, name);
    }
  }

  #add(name) {
    const tile = new Tile(name);
    tile.element.dataset.name = name;
    this.#tiles.set(name, tile);
    this.#seen.observe(tile.element);
    return tile;
  }

  #arrange(connected) {
    for (const name of this.#tiles.keys()) {
      if (!dreamers.has(name)) this.#tiles.delete(name);
    }
    const order = [...dreamers.values()].sort((a, b) => compare(a, b, connected));
    const elements = order.map(({ dreamer }) => this.#tiles.get(dreamer)?.element).filter(Boolean);
    arrange(this.#list, settle(this.#list, elements, this.#hold.holds));
  }
}

/** Alarms first, those nobody has taken on before others; then who is watched least; then names. */
function compare(a, b, connected) {
  return (
    first(a) - first(b) ||
    (connected ? UNCALM[a.coverage] - UNCALM[b.coverage] : 0) ||
    isWaking(b) - isWaking(a) ||
    a.dreamer.localeCompare(b.dreamer, "en", { numeric: true })
  );
}

function first(dreamer) {
  const [alarm] = byUrgency(dreamer);
  return alarm ? urgency(alarm) : CALM;
}

/** "97 monitored · 2 degraded · 1 not monitored" */
export function showTotals(connected) {
  const totals = { MONITORED: 0, DEGRADED: 0, NOT_MONITORED: 0 };
  for (const { coverage } of dreamers.values()) totals[connected ? coverage : "NOT_MONITORED"] += 1;
  for (const [coverage, n] of Object.entries(totals)) {
    const total = document.querySelector(`.totals .${coverage}`);
    write(total.querySelector("b"), String(n));
    mark(total, "some", n > 0);
  }
}
