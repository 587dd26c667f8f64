// The address says which view is open: #/dreamers/bed-7, or none for all of them.

const PLACE = /^#\/dreamers\/(.+)$/;

/** Tells the dreamer of the address, null for the station; now and whenever it changes. */
export function routed(open) {
  const follow = () => {
    if (location.hash === "" || location.hash.startsWith("#/")) open(named());
  };
  addEventListener("hashchange", follow);
  follow();
}

export function goHome() {
  location.hash = "#/";
}

function named() {
  const found = PLACE.exec(location.hash);
  return found ? decodeURIComponent(found[1]) : null;
}
