// What this browser remembers; where it may not, it forgets with the page.

const PREFIX = "dreamwatch.bedside.";
const forgetful = new Map();

export function recall(name, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? otherwise;
  } catch {
    return forgetful.get(name) ?? otherwise;
  }
}

export function remember(name, value) {
  forgetful.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // storage is full or not allowed: kept for as long as the page is open
  }
}
