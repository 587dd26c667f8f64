// Signing in: the token is exchanged for a cookie that no script can read, and is not kept.

import { logIn } from "./api.js";

const form = document.querySelector("form");
const problem = document.getElementById("problem");

form.onsubmit = async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  problem.textContent = "";
  try {
    await logIn(form.token.value.trim());
    location.replace(next());
  } catch (error) {
    problem.textContent = error.message;
    form.token.select();
  } finally {
    button.disabled = false;
  }
};

form.token.focus();

/** Where to go on: only to pages of this service. */
function next() {
  const wanted = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
  return wanted.origin === location.origin ? wanted.href : "/";
}
