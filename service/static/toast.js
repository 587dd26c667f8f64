// What went wrong, or was done, said for a while at the foot of the page.

const SHOWN_MS = 8000;
let hide = null;

/** Runs a request; a refusal is shown, not swallowed. Returns whether it was carried out. */
export async function attempt(request, explain = (error) => error.message) {
  try {
    await request();
    return true;
  } catch (error) {
    say(explain(error));
    return false;
  }
}

export function say(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => {
    toast.hidden = true;
  }, SHOWN_MS);
}
