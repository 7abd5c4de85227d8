// The pop-up list behind every menu: selects with one or several choices,
// searches, and the overflow menu. Keyboard first: arrows, Home, End, Enter,
// Escape; typing searches. It opens above everything, an open dialog too.

import { freshId, h } from './dom.js';

// How long to wait for the next letter before the app is asked.
const breath = 150;

let open = null;

/**
 * openMenu shows groups [{label, options: [{value, label, detail}]}] at an
 * anchor. label and detail are made into nodes by the caller's functions.
 * chosen is a list of values. With multiple, picked is called once, with every
 * choice, when the menu closes; otherwise at once with the one choice.
 * load(text), if given, makes the list a search: it resolves to {groups, note},
 * where note is what to say instead of an empty list.
 */
export function openMenu(request) {
  closeMenu();
  const menu = new Menu(request);
  open = menu;
  menu.show();
}

/** closeMenu closes whatever list is open. */
export function closeMenu() {
  open?.close(false);
}

class Menu {
  constructor(request) {
    this.request = request;
    this.chosen = new Map((request.chosen ?? []).map((choice) => [choice.value, choice]));
    this.items = [];
    this.active = -1;
    this.turn = 0;
    const menuRole = request.role === 'menu';
    this.list = h('ul', { class: 'menu-list', role: menuRole ? 'menu' : 'listbox', id: freshId('list'), tabindex: '-1', 'aria-label': request.name, 'aria-multiselectable': request.multiple ? 'true' : null });
    this.itemRole = menuRole ? 'menuitem' : 'option';
    const search = request.load || count(request.groups) > 8;
    this.input = search ? this.searchBox() : null;
    this.box = h('div', { class: 'menu', popover: 'manual' }, this.input, this.list,
      request.multiple ? h('button', { type: 'button', class: 'menu-done', on: { click: () => this.close(true) } }, 'Done') : null);
    this.outside = (event) => {
      if (!this.box.contains(event.target)) this.close(false);
    };
    this.away = () => this.place();
  }

  searchBox() {
    return h('input', { type: 'text', class: 'menu-search', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': this.list.id, 'aria-label': `Search: ${this.request.name}`, placeholder: 'Search', autocomplete: 'off', spellcheck: 'false', on: { input: () => this.search() } });
  }

  show() {
    const { anchor } = this.request;
    (anchor.closest('dialog') ?? document.body).append(this.box);
    anchor.setAttribute('aria-expanded', 'true');
    this.box.addEventListener('keydown', (event) => this.key(event));
    this.box.showPopover();
    this.fill(this.request.groups ?? [], 'Searching…');
    this.move(Math.max(0, this.items.findIndex((item) => this.chosen.has(item.option.value))));
    (this.input ?? this.list).focus();
    document.addEventListener('pointerdown', this.outside, true);
    addEventListener('resize', this.away);
    document.addEventListener('scroll', this.away, true);
    if (this.request.load) this.search();
  }

  // Stays with its control as the page scrolls; when a repaint has taken the
  // control away, the list stays where it is.
  place() {
    if (!this.request.anchor.isConnected) return;
    const spot = this.request.anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const below = spot.bottom + height + 8 <= innerHeight || spot.top < height;
    this.box.style.minWidth = `${Math.min(spot.width, innerWidth - 16)}px`;
    this.box.style.left = `${Math.max(8, Math.min(spot.left, innerWidth - width - 8))}px`;
    this.box.style.top = `${Math.max(8, below ? Math.min(spot.bottom + 4, innerHeight - height - 8) : spot.top - height - 4)}px`;
  }

  async search() {
    const { load, groups } = this.request;
    const text = this.input.value.trim();
    if (!load) {
      const wanted = text.toLowerCase();
      this.fill(groups.map((group) => ({ ...group, options: group.options.filter((option) => option.words.toLowerCase().includes(wanted)) })));
      return;
    }
    this.turn += 1;
    const turn = this.turn;
    this.list.setAttribute('aria-busy', 'true');
    await new Promise((rested) => setTimeout(rested, text ? breath : 0));
    if (turn !== this.turn || open !== this) return;
    const found = await load(text);
    if (turn !== this.turn || open !== this) return;
    this.list.removeAttribute('aria-busy');
    this.fill(found.groups, found.note);
  }

  fill(groups, note = 'Nothing found') {
    this.items = [];
    this.list.replaceChildren();
    for (const group of groups) {
      if (group.options.length === 0) continue;
      if (group.label) this.list.append(h('li', { role: 'presentation', class: 'menu-group' }, group.label));
      for (const option of group.options) this.add(option);
    }
    if (this.items.length === 0) this.list.append(h('li', { role: 'presentation', class: 'menu-none' }, note));
    this.move(this.items.length ? 0 : -1);
    this.place();
  }

  add(option) {
    const node = h('li', { role: this.itemRole, id: freshId('option'), class: 'menu-item', 'data-value': option.value }, h('span', { class: 'menu-text' }, option.label()), option.detail ? h('span', { class: 'menu-detail' }, option.detail()) : null);
    const item = { node, option };
    const index = this.items.push(item) - 1;
    node.addEventListener('click', () => this.pick(item));
    node.addEventListener('pointermove', () => this.active !== index && this.move(index, false));
    this.mark(item);
    this.list.append(node);
  }

  mark({ node, option }) {
    if (this.itemRole === 'option') node.setAttribute('aria-selected', String(this.chosen.has(option.value)));
  }

  move(index, scroll = true) {
    this.items[this.active]?.node.classList.remove('active');
    this.active = index;
    const item = this.items[index];
    const holder = this.input ?? this.list;
    if (!item) return holder.removeAttribute('aria-activedescendant');
    item.node.classList.add('active');
    holder.setAttribute('aria-activedescendant', item.node.id);
    if (scroll) item.node.scrollIntoView({ block: 'nearest' });
    return undefined;
  }

  key(event) {
    const last = this.items.length - 1;
    const moves = { ArrowDown: Math.min(this.active + 1, last), ArrowUp: Math.max(this.active - 1, Math.min(0, last)) };
    if (!this.input) Object.assign(moves, { Home: Math.min(0, last), End: last });
    if (event.key in moves) this.move(moves[event.key]);
    else if (event.key === 'Enter' && event.target.tagName !== 'BUTTON') this.pick(this.items[this.active]);
    else if (event.key === ' ' && !this.input && event.target.tagName !== 'BUTTON') this.pick(this.items[this.active]);
    else if (event.key === 'Escape') this.close(true);
    else if (event.key === 'Tab' && !this.request.multiple) this.close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  pick(item) {
    if (!item) return;
    const { value, choice } = item.option;
    if (!this.request.multiple) {
      this.close(true);
      this.request.picked(choice);
      return;
    }
    if (!this.chosen.delete(value) && this.chosen.size < (this.request.most ?? Infinity)) this.chosen.set(value, choice);
    this.items.forEach((each) => this.mark(each));
  }

  close(refocus) {
    if (open !== this) return;
    open = null;
    document.removeEventListener('pointerdown', this.outside, true);
    removeEventListener('resize', this.away);
    document.removeEventListener('scroll', this.away, true);
    const { anchor, multiple, picked } = this.request;
    anchor.setAttribute('aria-expanded', 'false');
    this.box.remove();
    if (refocus) focusAgain(anchor);
    if (multiple) picked([...this.chosen.values()]);
  }
}

const count = (groups) => (groups ?? []).reduce((sum, group) => sum + group.options.length, 0);

// The card behind an open menu may have been repainted meanwhile.
function focusAgain(anchor) {
  const target = anchor.isConnected ? anchor : document.querySelector(`[data-focus="${CSS.escape(anchor.dataset.focus ?? '')}"]`);
  target?.focus({ preventScroll: true });
}
