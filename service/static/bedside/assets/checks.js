// Reality checks and the account, told to somebody who is awake.

import { hours } from "../../words.js";

const BUDGETS = { rem_24h_min: "dream time", sleep_24h_min: "sleep time" };
const CALM = {
  50: "There is no need to do anything; this is only so that you know.",
  80: "Plan some hours awake before you lie down again.",
  100: "Enjoy the day now; the next dreams can wait until it is over.",
};

/** The checks that are due; each has an id of its own, under which it can be dismissed. */
export function checks({ session, checks: due = {} }) {
  return Object.entries(BUDGETS)
    .filter(([budget]) => due[budget] in CALM)
    .map(([budget, name]) => ({
      id: `${session} ${budget} ${due[budget]}`,
      fact: `You have used ${due[budget]}\u00a0% of your ${name} of the last 24\u00a0h.`,
      calm: CALM[due[budget]],
    }));
}

/** Lines of the account: what, how much, and the share of its budget where it has one. */
export function account(usage) {
  const { budgets = {} } = usage;
  const lines = [
    ["Asleep, this session", hours(usage.sleep_min), null],
    ["Dreaming, this session", hours(usage.rem_min), null],
    ["Not known, this session", hours(usage.unscored_min), null],
  ];
  for (const [budget, name] of [["sleep_24h_min", "Sleep"], ["rem_24h_min", "Dreams"]]) {
    if (budgets[budget] > 0) {
      const used = usage[budget];
      lines.push([`${name}, last 24 h`, `${hours(used)} of ${hours(budgets[budget])}`, used / budgets[budget]]);
    }
  }
  return lines;
}
