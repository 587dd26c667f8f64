// Questions before what is grave or needs a word: confirm, put aside, close.

import { write } from "./dom.js";
import { clockTime } from "./words.js";

const MINUTE_MS = 60_000;

/** Asks whether to go on; the safe answer has the focus. */
export async function ask({ title, text, yes, grave = false }) {
  const dialog = document.getElementById("ask");
  write(dialog.querySelector("h2"), title);
  write(dialog.querySelector(".text"), text);
  const button = dialog.querySelector("[value=yes]");
  write(button, yes);
  button.classList.toggle("grave", grave);
  return (await open(dialog)) === "yes";
}

/** Why and until when an alarm is put aside: `{reason, seconds}`, or null. */
export async function askShelve(name) {
  const dialog = document.getElementById("shelve");
  const form = dialog.querySelector("form");
  write(dialog.querySelector(".about"), name);
  form.reset();
  const tell = () => {
    const end = Date.now() + form.minutes.value * MINUTE_MS;
    write(dialog.querySelector(".end"), `until ${clockTime(end)}`);
  };
  form.minutes.onchange = tell;
  tell();
  if ((await open(dialog)) !== "yes") return null;
  return { reason: form.reason.value.trim(), seconds: form.minutes.value * 60 };
}

/** What was found: `{disposition, note}`, or null. */
export async function askFinding(name) {
  const dialog = document.getElementById("resolve");
  const form = dialog.querySelector("form");
  write(dialog.querySelector(".about"), name);
  form.reset();
  if ((await open(dialog)) !== "yes") return null;
  return { disposition: form.disposition.value, note: form.note.value.trim() };
}

export const openHelp = () => open(document.getElementById("help"));

/** Opens a dialog; resolves to the value of the button that closed it, empty for Escape. */
function open(dialog) {
  const form = dialog.querySelector("form");
  form.onsubmit = (event) => {
    event.preventDefault(); // the page's policy lets no form go anywhere
    dialog.close(event.submitter?.value ?? "yes");
  };
  for (const button of dialog.querySelectorAll("[value=no]")) button.onclick = () => dialog.close("no");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue);
  });
}
