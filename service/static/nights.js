// The stages of before the page was opened: fetched for tiles that are on the screen, a few at a time.

import { hypnogram } from "./api.js";
import { dreamers, fillNight } from "./dreamers.js";

const AT_ONCE = 2;
const asked = new Map(); // dreamer: session
const queue = [];
let running = 0;

/** Asks once for each session. */
export function loadNight(name, done) {
  const session = dreamers.get(name)?.session?.session;
  if (session === undefined || asked.get(name) === session) return;
  asked.set(name, session);
  queue.push({ name, done });
  next();
}

/** After a snapshot entries may be missing: ask anew. */
export const forgetNights = () => asked.clear();

async function next() {
  if (running >= AT_ONCE || queue.length === 0) return;
  const { name, done } = queue.shift();
  running += 1;
  try {
    fillNight(await hypnogram(name));
    done(name);
  } catch {
    asked.delete(name); // the next change asks again
  } finally {
    running -= 1;
    next();
  }
}
