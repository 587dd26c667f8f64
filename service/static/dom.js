// The few things that every module does with the document; what has not changed is not written.

/** A copy of a template's one element. */
export const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** The parts of a copy by their names. */
export const parts = (element) =>
  Object.fromEntries([...element.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function mark(element, name, value) {
  if (element.dataset[name] !== String(value)) element.dataset[name] = value;
}

export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** Puts elements into a list in this order; moves none that is in its place, keeps the focus. */
export function arrange(list, elements) {
  const focused = document.activeElement;
  elements.forEach((element, place) => {
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
  });
  while (list.children.length > elements.length) list.lastElementChild.remove();
  if (focused !== document.activeElement && list.contains(focused)) focused.focus();
}

/** An element with text and class. */
export function make(tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}
