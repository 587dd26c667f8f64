// Keeps the screen on: a device that goes to sleep cannot wake anybody.

let kept = null;

/** Says whether the browser promises it; to be asked again whenever the page comes back into view. */
export async function keepOn() {
  if (kept !== null && !kept.released) return true;
  try {
    kept = await navigator.wakeLock.request("screen");
  } catch {
    kept = null; // an old browser, an insecure address, a low battery
  }
  return kept !== null;
}
