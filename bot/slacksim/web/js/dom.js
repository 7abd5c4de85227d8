// Building and keeping elements. Data only ever becomes a text node or an
// attribute's value: the page's policy forbids everything else (trusted types).

const svgSpace = 'http://www.w3.org/2000/svg';

/**
 * h makes an element: h('p', {class: 'note', on: {click: f}}, 'text', child).
 * Attributes that are null, undefined or false are left out; true is empty.
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else {
      node.setAttribute(name, value === true ? '' : String(value));
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const shapes = {
  menu: 'M3 6h18M3 12h18M3 18h18',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  down: 'M6 9l6 6 6-6',
  reply: 'M4 5h16v11H11l-5 4v-4H4z',
  eye: 'M2 12s4-6.5 10-6.5S22 12 22 12s-4 6.5-10 6.5S2 12 2 12zM12 9.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5z',
  more: 'M4 12a1 1 0 102 0a1 1 0 10-2 0M11 12a1 1 0 102 0a1 1 0 10-2 0M18 12a1 1 0 102 0a1 1 0 10-2 0',
  send: 'M4 12L20 4l-5 16-3.5-6.5zM11.5 13.5L20 4',
  home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3',
  out: 'M9 5H5v14h14v-4M13 5h6v6M19 5l-8 8',
};

/** icon draws one of our own line icons; it is decoration, its button has the name. */
export function icon(name) {
  const svg = document.createElementNS(svgSpace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svgSpace, 'path');
  path.setAttribute('d', shapes[name]);
  svg.append(path);
  return svg;
}

const kept = new WeakMap();

/**
 * sync makes parent's children match items without touching what is unchanged,
 * so that nothing flickers and no half-typed word is lost. An item is
 * {key, signature, make(), update?(node)}: a node is made once per key and,
 * when its signature changes, updated in place or, without update, made from scratch.
 * Focus that sat in a replaced node goes to the control with the same
 * data-focus, else to the nearest element that can take it.
 */
export function sync(parent, items) {
  const before = kept.get(parent) ?? new Map();
  const after = new Map();
  const focus = focusWithin(parent);
  const wanted = new Set(items.map((item) => item.key));
  for (const [key, entry] of before) if (!wanted.has(key)) entry.node.remove();
  let place = parent.firstChild;
  for (const item of items) {
    const old = before.get(item.key)?.node;
    const entry = refresh(before.get(item.key), item);
    after.set(item.key, entry);
    if (old && old !== entry.node) {
      if (old === place) place = entry.node;
      old.replaceWith(entry.node);
    }
    if (entry.node === place) place = place.nextSibling;
    else parent.insertBefore(entry.node, place);
  }
  kept.set(parent, after);
  if (focus) restore(parent, focus);
}

function refresh(entry, item) {
  if (!entry) {
    const node = item.make();
    item.update?.(node);
    return { node, signature: item.signature };
  }
  if (entry.signature === item.signature) return entry;
  if (!item.update) return { node: item.make(), signature: item.signature };
  item.update(entry.node);
  return { node: entry.node, signature: item.signature };
}

function focusWithin(parent) {
  const active = document.activeElement;
  if (!active || active === document.body || !parent.contains(active)) return null;
  return { key: active.dataset?.focus, start: active.selectionStart, end: active.selectionEnd };
}

function restore(parent, focus) {
  const active = document.activeElement;
  if (active && active !== document.body && active.isConnected) return;
  const same = focus.key && parent.querySelector(`[data-focus="${CSS.escape(focus.key)}"]`);
  const target = same || parent.closest('[tabindex]');
  target?.focus({ preventScroll: true });
  if (same && typeof focus.start === 'number') same.setSelectionRange?.(focus.start, focus.end);
}

let serial = 0;

/** freshId gives an id for labels and descriptions, unique on this page. */
export function freshId(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}
