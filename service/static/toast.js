// What went wrong, said for a while at the foot of the page.

const SHOWN_MS = 8000;
let hide = null;

/** Runs a request; a refusal is shown, not swallowed. */
export async function attempt(request) {
  try {
    await request();
  } catch (error) {
    say(error.message);
  }
}

function say(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => {
    toast.hidden = true;
  }, SHOWN_MS);
}
