/**
 * Creates an element. Children are elements or texts: a text from the model stays a text, whatever it looks like.
 *
 * @param {string} name - the element's name, and after a dot its class: `p.note`.
 * @param {Record<string, unknown>} properties - attributes; a function is a listener of the event of that name.
 * @param {...(Node | string)} children
 */
export function element(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const made = document.createElement(tag);
  if (classes.length > 0) made.classList.add(...classes);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === 'function') made.addEventListener(key, value);
    else if (value !== undefined && value !== false)
      made.setAttribute(key, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

/** Returns the element with that id in the page. */
export function byId(id) {
  return document.getElementById(id);
}
