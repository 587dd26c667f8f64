// An entry of the log in words, and how loud they are.

import { SHAPE, alarmName, hours, percent, plain, stageName, stateName, stepName } from "./words.js";

const SENTENCES = {
  session: ({ status, ch_names: names }) => [`Session ${status}: ${names.join(", ")}`],
  epoch: ({ index, stage, quality }) => [`Epoch ${index}: ${stage}, ${stageName(stage)}, signal ${percent(quality)}`],
  coverage: ({ coverage, reason }) => [`${plain(coverage)}: ${reason.text}`, `said-${coverage}`],
  gap: ({ n_samples: n, cause }) => [`${n} samples lost: ${cause}`],
  alarm: (alarm) => [
    `${SHAPE[alarm.priority]} ${alarm.priority} ${alarmName(alarm)}: ${by(alarm.reason)} – ${stateName(alarm.state)}`,
    `said-${alarm.priority}`,
  ],
  wake: ({ step, round, rounds, reason }) => [
    `Wake protocol: ${step === "RESPONSE" ? "response" : stepName(step)}${round ? ` ${round}/${rounds}` : ""} – ${by(reason)}`,
  ],
  usage: ({ sleep_min: sleep, rem_min: rem }) => [`Use: asleep ${hours(sleep)}, REM ${hours(rem)}`],
  command: ({ command, actor, detail }) => [`${actor}: ${plain(command)}${noted(detail)}`],
};

/** `[words, class]`, the class empty where nothing is loud about them. */
export function sentence({ type, data }) {
  const [words, loud = ""] = SENTENCES[type]?.(data) ?? [plain(type)];
  return [words, loud];
}

const by = ({ text, actor }) => (actor ? `${text} (${actor})` : text);

/** Codes as words; what a person wrote as it is. */
const noted = ({ by = "", disposition = "", reason, note }) => {
  const said = [plain(by), plain(disposition), reason, note].filter(Boolean);
  return said.length > 0 ? ` – ${said.join(", ")}` : "";
};
