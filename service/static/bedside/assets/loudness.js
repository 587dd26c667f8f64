// From the level that is asked for to the gain of the tone. Without a calibration nobody knows the level.

export const REFERENCE_GAIN = 0.1; // 20 dB below full scale
export const MEASURABLE_DBA = [30, 110];
const CAP_DBA = 100; // no cue is louder, whatever is asked for
const LOUDEST_ASKED_DBA = 85; // uncalibrated, the last round's level is full scale and others keep their distance

const decibels = (gain) => 20 * Math.log10(gain);
const gainOf = (dB) => Math.min(1, 10 ** (dB / 20));

/** The loudest cue this device can give where `measured` dBA of the reference tone arrive. */
export const loudest = (measured) => Math.min(CAP_DBA, measured - decibels(REFERENCE_GAIN));

/** How to give a cue of so many dBA: its gain from 0 to 1, and its level, null where it is not known. */
export function loudness(asked, measured) {
  if (measured === null) return { gain: gainOf(Math.min(asked, CAP_DBA) - LOUDEST_ASKED_DBA), level: null };
  const level = Math.min(asked, loudest(measured));
  return { gain: gainOf(level - measured + decibels(REFERENCE_GAIN)), level };
}

/** What a person is told of it. */
export function levelWords(asked, measured) {
  const { level } = loudness(asked, measured);
  if (level === null) return "level unknown";
  if (level === asked) return `${asked} dBA`;
  return `${asked} dBA asked for, this device reaches ${Math.floor(level)} dBA`;
}
