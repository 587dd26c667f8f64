// One dreamer in full: now, the live signal, the night, its statistics, the use, the log.

import { hypnogram } from "./api.js";
import { dreamers } from "./dreamers.js";
import { clone, mark, parts, show, write } from "./dom.js";
import { Log } from "./log.js";
import { who } from "./me.js";
import { Night } from "./night.js";
import { Present } from "./present.js";
import { showStatistics } from "./statistics.js";
import { attempt } from "./toast.js";
import { Traces } from "./traces.js";
import { UsagePanel } from "./usage.js";
import { tickWake, wireWake } from "./wake.js";

const AGAIN_MS = 10_000;

export class View {
  #open = null;
  #connected = false;
  #element = document.getElementById("dreamer");
  #station = document.getElementById("station");

  /** Opens a dreamer's view, or with null the station. */
  open(name) {
    const left = this.#open?.name;
    this.#close();
    show(this.#station, name === null);
    show(this.#element, name !== null);
    if (name !== null) this.#build(name);
    else if (left !== undefined) tileOf(left)?.focus();
  }

  #build(name) {
    const element = clone("view");
    const found = parts(element);
    this.#element.replaceChildren(element);
    wireWake(found, name);
    this.#open = {
      name,
      found,
      present: new Present(found, name),
      traces: new Traces(found, name),
      night: new Night(found, name),
      usage: new UsagePanel(found, name),
      log: new Log(found, name),
      session: null,
      askedAt: -Infinity,
    };
    scrollTo(0, 0);
    found.name.focus({ preventScroll: true });
    this.show([name], this.#connected);
  }

  take(message) {
    const open = this.#open;
    if (open === null || message.dreamer !== open.name) return;
    if ("seq" in message) open.log.take(message);
    if (message.type === "epoch") open.night.take(message.data);
    if (message.type === "usage") open.usage.change();
  }

  show(names, connected) {
    this.#connected = connected;
    const open = this.#open;
    if (open === null) return;
    const dreamer = dreamers.get(open.name);
    if (!dreamer && connected) write(open.found.why, nobody(open.name));
    if (!dreamer || !names.includes(open.name)) return;
    mark(open.found.name.closest(".view"), "known", true);
    open.traces.begin();
    open.present.show(dreamer, connected);
    open.log.begin(dreamer);
    const session = dreamer.session?.session ?? null;
    if (session !== open.session) open.askedAt = -Infinity;
    open.session = session;
    if (session !== null && performance.now() - open.askedAt > AGAIN_MS) this.#load(open);
  }

  tick() {
    if (this.#open) tickWake(this.#open.found, this.#open.name);
  }

  /** The night so far and its statistics; asked for again while it goes on. */
  #load(open) {
    open.askedAt = performance.now();
    attempt(async () => {
      const night = await hypnogram(open.name);
      if (open !== this.#open || night.session !== open.session) return;
      open.night.fill(night, dreamers.get(open.name).session);
      showStatistics(open.found.statistics, night);
    });
    open.usage.load();
  }

  #close() {
    this.#open?.traces.close();
    this.#open?.night.close();
    this.#open?.usage.close();
    this.#open = null;
    this.#element.replaceChildren();
  }
}

/** Why there is nothing to see of somebody. */
function nobody(name) {
  const only = who()?.dreamer;
  return only ? `You may see ${only} only.` : `Nobody called ${name} is or was monitored.`;
}

const tileOf = (name) => document.querySelector(`.tile[data-name="${CSS.escape(name)}"] a`);
