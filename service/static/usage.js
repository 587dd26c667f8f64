// The account of dream time: budgets with their reality checks, limits, fourteen days.

import { usage } from "./commands.js";
import { make, show, write } from "./dom.js";
import { CONFIG, axis, layout, plotly } from "./plots.js";
import { colour, onTheme } from "./theme.js";
import { attempt } from "./toast.js";
import { LEVELS, clockTime, hours, plain } from "./words.js";

const BUDGETS = { sleep_24h_min: "Sleep in 24 h", rem_24h_min: "REM in 24 h" };
const AGAIN_MS = 10_000;

export class UsagePanel {
  #account = null;
  #askedAt = -Infinity;
  #missing = false;

  constructor(parts, name) {
    this.parts = parts;
    this.name = name;
    this.close = onTheme(() => this.#account && attempt(() => this.#drawDays()));
  }

  /** Something was counted: ask again before long. */
  change() {
    if (performance.now() - this.#askedAt > AGAIN_MS) this.load();
  }

  /** Asks for the account; a service without one shows nothing. */
  load() {
    if (this.#missing) return;
    this.#askedAt = performance.now();
    attempt(async () => {
      try {
        this.#account = await usage(this.name);
      } catch (error) {
        this.#missing = error.status === 404;
        if (this.#missing) return;
        throw error;
      }
      this.#show(this.#account);
      await this.#drawDays();
    });
  }

  #show(account) {
    const { parts } = this;
    show(parts.usage, true);
    write(parts.usageLevel, account.level ? `Level ${account.level}: ${LEVELS[account.level]}` : LEVELS[0]);
    parts.usageLevel.dataset.level = account.level;
    parts.budgets.replaceChildren(...Object.keys(BUDGETS).map((name) => budget(name, account)));
    parts.breaches.replaceChildren(...account.breaches.map((breach) => make("li", breachText(breach, account), breach.severity)));
    write(parts.admission, admissionText(account));
    parts.limits.replaceChildren(...Object.values(account.limits).map(limitRow));
  }

  async #drawDays() {
    const { days } = this.#account;
    const Plotly = await plotly();
    if (!this.parts.days.isConnected) return;
    const x = days.map(({ date }) => date);
    const bar = (name, key, minutesOf) => ({
      type: "bar", name, x, y: days.map((day) => minutesOf(day) / 60), marker: { color: colour(key) },
      hovertemplate: `%{y:.1f} h ${name}<extra></extra>`,
    });
    const bars = [
      bar("REM", "R", (day) => day.rem_min),
      bar("other sleep", "N2", (day) => day.sleep_min - day.rem_min - day.unscored_min),
      bar("not scored", "faint", (day) => day.unscored_min),
    ];
    const most = Math.max(...days.map((day) => day.sleep_min));
    const height = Math.max(1, ...days.map((day) => day.sleep_min / 60));
    await Plotly.react(this.parts.days, bars, figure(height * 1.08), CONFIG);
    this.parts.days.setAttribute("aria-label", `Sleep on ${days.length} days, at most ${hours(most)} a day`);
  }
}

const figure = (height) =>
  layout({
    height: 220,
    barmode: "stack",
    bargap: 0.35,
    dragmode: false,
    showlegend: true,
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { color: colour("muted") } },
    xaxis: axis({ type: "date", tickformat: "%-d %b", fixedrange: true, showgrid: false, tickangle: 0 }),
    yaxis: axis({ fixedrange: true, ticksuffix: " h", range: [0, height] }),
  });

/** Use beside its soft bound; at 50, 80 and 100 % a reality check. */
function budget(name, account) {
  const used = account[name];
  const bound = account.limits[name]?.soft;
  const item = make("li");
  const bar = Object.assign(make("progress", "", "budget"), { max: 1, value: bound ? Math.min(1, (used ?? 0) / bound) : 0 });
  const check = account.checks[name] ?? 0;
  bar.setAttribute("aria-label", BUDGETS[name]);
  bar.dataset.level = check >= 100 ? "over" : check >= 80 ? "near" : "within";
  const checked = check > 0 ? make("span", `reality check: ${check} % reached`, "check") : make("span");
  item.append(make("b", BUDGETS[name]), make("span", `${hours(used)} of ${hours(bound)}`), bar, checked);
  return item;
}

function breachText({ limit, severity, value, bound, unit }, { limits }) {
  return `${severity === "hard" ? "▲ hard" : "◆ soft"} limit: ${limits[limit]?.text ?? plain(limit)}, ${round(value)} of ${round(bound)} ${unit}`;
}

function admissionText({ admission, override }) {
  if (!admission || admission.allowed) return override ? "A new session may begin: an override holds." : "";
  const until = admission.until ? `until ${clockTime(admission.until)}` : "for now";
  return `No new session ${until}: ${admission.reasons.map(({ text }) => text.replace(/\.$/, "")).join("; ")}.`;
}

function limitRow({ text, unit, soft, hard, pending }) {
  const row = make("tr");
  const to = pending ? [pending.soft, pending.hard].map(round).join(" / ") : "";
  row.append(make("th", text), ...[round(soft), round(hard), unit, to].map((value) => make("td", value)));
  row.firstElementChild.scope = "row";
  return row;
}

const round = (value) => (value === null || value === undefined ? "–" : String(Math.round(value * 10) / 10));
