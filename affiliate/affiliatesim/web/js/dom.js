// Small helpers for the page. Everything from data becomes a text node or the value
// of a known attribute; nothing is ever parsed as HTML.

// el makes an element. Attributes: "on…" takes a listener, true sets a bare attribute,
// false and null leave it out. Children: elements, texts, or nothing.
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

// send gives an order under /sim/ and returns the answer; a refusal is an Error with
// the stand-in's own words.
export async function send(path, body = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || `answered ${response.status}`);
  return answer;
}

export async function load(path) {
  const response = await fetch(path);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || `answered ${response.status}`);
  return answer;
}

let fading = 0;

// say shows a line to the person for a few seconds, and reads it to who cannot see it.
export function say(text, bad = false) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.dataset.bad = bad;
  notice.dataset.shown = true;
  clearTimeout(fading);
  fading = setTimeout(() => { notice.dataset.shown = false; }, bad ? 8000 : 3500);
}

// attempt runs something that talks to the stand-in and tells how it went.
export async function attempt(work, done) {
  try {
    const answer = await work();
    if (done) say(typeof done === "function" ? done(answer) : done);
    return answer;
  } catch (problem) {
    say(problem.message, true);
    return null;
  }
}

// arrange makes the children of a list the given nodes in the given order, moving as
// few as possible so that focus and scroll position stay where they are.
export function arrange(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) {
    if (!wanted.has(child)) child.remove();
  }
  nodes.forEach((node, i) => {
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
}
