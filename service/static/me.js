// Who sits here, and what they may do; the service refuses all else anyway.

import { me } from "./commands.js";

const NOBODY = { name: null, role: "technician", anonymous: true, may: null };
let known = NOBODY;

export const who = () => known;

/** Whether this person may; where the service does not tell, it is left to the service. */
export function may(what) {
  return known.may === null || known.may === undefined || known.may.includes(what);
}

/** Asks the service; without an answer everything stays as it is. */
export async function learn() {
  try {
    known = await me();
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  return known;
}
