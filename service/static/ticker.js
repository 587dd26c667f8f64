// A worker: its timer goes on when the browser slows down those of a page in the background.

setInterval(() => postMessage(null), 500);
