// Nothing may jump away under a finger: while somebody points into a list, its order stays.

const FOCUS_MS = 30_000; // a focus that nobody has moved for so long was left behind

/** Says whether the order of a list has to stay as it is. */
export class Hold {
  #pointedAt = -Infinity;
  #focusedAt = -Infinity;
  #list;
  #restMs;

  /** @param {HTMLElement} list @param {number} restMs how long a pointer that rests still counts */
  constructor(list, restMs) {
    this.#list = list;
    this.#restMs = restMs;
    for (const kind of ["pointermove", "pointerdown"]) {
      list.addEventListener(kind, (event) => (this.#pointedAt = event.target === list ? -Infinity : performance.now()));
    }
    list.addEventListener("pointerleave", () => (this.#pointedAt = -Infinity));
    for (const kind of ["focusin", "keydown"]) {
      list.addEventListener(kind, () => (this.#focusedAt = performance.now()));
    }
  }

  get holds() {
    const now = performance.now();
    const focused = this.#list.matches(":focus-within") && now - this.#focusedAt < FOCUS_MS;
    return focused || now - this.#pointedAt < this.#restMs;
  }
}

/** The wanted order; while it is held, what is there stays in its place and new ones follow. */
export function settle(list, wanted, held) {
  if (!held) return wanted;
  const wantedSet = new Set(wanted);
  const there = [...list.children].filter((element) => wantedSet.has(element));
  const new_ = wanted.filter((element) => !list.contains(element));
  return [...there, ...new_];
}
