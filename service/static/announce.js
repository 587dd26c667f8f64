// For screen readers: high alarms at once, all else politely; many changes at once become one sentence.

const POLITE_MS = 1500;
const MOST = 3;
const waiting = { polite: [], assertive: [] };
const timers = {};

export const announce = (text) => queue("polite", text, POLITE_MS);
export const shout = (text) => queue("assertive", text, 200);

function queue(how, text, wait) {
  if (!waiting[how].includes(text)) waiting[how].push(text);
  timers[how] ??= setTimeout(() => flush(how), wait);
}

function flush(how) {
  const said = waiting[how].splice(0);
  timers[how] = null;
  const more = said.length > MOST ? [`and ${said.length - MOST} more changes`] : [];
  document.getElementById(how).textContent = [...said.slice(0, MOST), ...more].join(". ");
}
