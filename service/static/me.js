// Who sits here, and what they may do; the service refuses all else anyway.

import { me } from "./api.js";

let known = null;

/** The person as the service knows them; null as long as it has not said. */
export const who = () => known;

/** Whether this person may; as long as the service has not said, it is left to the service. */
export const may = (what) => known?.may.includes(what) ?? true;

export async function learn() {
  known = await me();
}
