// What is known of a dreamer now: stage, probabilities, account, the quality of every channel.

import { make, mark, write } from "./dom.js";
import { showSession, wireSession } from "./sessions.js";
import { showCoverage } from "./tile.js";
import { showWake } from "./wake.js";
import { STAGES, clockTime, hours, percent, plain, stageName } from "./words.js";

const WORTH_SAYING = 0.2; // share of the last 30 s with an artefact

export class Present {
  constructor(parts, name) {
    this.parts = parts;
    write(parts.name, name);
    wireSession(parts, name);
    for (const stage of STAGES) parts.bars.append(make("dt", stage), make("dd", "", stage));
  }

  show(dreamer, connected) {
    const { parts } = this;
    const coverage = connected ? dreamer.coverage : "NOT_MONITORED";
    const now = coverage === "NOT_MONITORED" ? null : (dreamer.live ?? dreamer.stage);
    mark(parts.name.closest(".view"), "coverage", coverage);
    mark(parts.name.closest(".view"), "stage", now?.stage ?? "");
    showCoverage(parts, coverage, connected ? dreamer.coverage_reason : null);
    write(parts.session, sessionText(dreamer.session));
    this.#showStage(now);
    write(parts.asleep, hours(dreamer.usage?.sleep_min));
    write(parts.rem, hours(dreamer.usage?.rem_min));
    write(parts.quality, now ? percent(now.quality) : "–");
    this.#showChannels(dreamer.session?.ch_names ?? [], now?.channels ?? []);
    showWake(parts, dreamer);
    showSession(parts, dreamer.session);
  }

  #showStage(now) {
    const { parts } = this;
    const scored = now !== null && STAGES.includes(now.stage);
    write(parts.stage, scored ? now.stage : "?");
    const since = now?.since ? ` since ${clockTime(now.since)}` : "";
    write(parts.said, stageName(now?.stage) + since);
    for (const bar of parts.bars.querySelectorAll("dd")) {
      const share = now?.proba[bar.className];
      bar.style.setProperty("--p", share ?? 0);
      write(bar, share === undefined ? "" : percent(share));
    }
  }

  #showChannels(names, channels) {
    const list = this.parts.channels;
    while (list.children.length < names.length) list.append(make("li"));
    while (list.children.length > names.length) list.lastElementChild.remove();
    names.forEach((name, i) => {
      const said = channels[i] ? channelText(channels[i]) : "–";
      write(list.children[i], `${name} ${said}`);
      mark(list.children[i], "poor", channels[i] !== undefined && channels[i].score < 0.5);
    });
  }
}

function channelText({ score, artefacts }) {
  const found = Object.entries(artefacts).filter(([, share]) => share >= WORTH_SAYING);
  return [percent(score), ...found.map(([name]) => plain(name))].join(", ");
}

function sessionText(session) {
  if (session === null) return "no session yet";
  const { status, started_at: at, planned_s: planned, sfreq, profile } = session;
  const words = [`${status === "ended" ? "ended; began" : "began"} ${clockTime(at)}`];
  if (planned) words.push(`planned ${hours(planned / 60)}`);
  return [...words, profile, `${Math.round(sfreq)} Hz`].join(" · ");
}
