// Where a person writes: messages with mentions, or a slash command with
// hints of what there is. Half-written words wait here while they look elsewhere.

import { freshId, h, icon } from './dom.js';
import { bot, channels, commands, groups, people, shortcuts } from './directory.js';
import { act } from './live.js';
import { escaped } from './mrkdwn.js';
import { notify, tell } from './notices.js';
import { globalMenu } from './shortcuts.js';

const drafts = new Map();

/** composer makes the box for a channel or, with thread, for that thread. */
export function composer(place) {
  return new Composer(place).node;
}

class Composer {
  constructor(place) {
    this.place = place;
    this.key = [place.viewer, place.channel, place.thread].join('/');
    this.hints = h('ul', { class: 'hints', role: 'listbox', id: freshId('hints'), 'aria-label': 'Suggestions', hidden: true });
    this.usage = h('p', { class: 'usage', id: freshId('usage'), hidden: true });
    this.box = h('textarea', {
      rows: '1', placeholder: place.label, 'aria-label': place.label, role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false',
      'aria-controls': this.hints.id, 'aria-describedby': this.usage.id, autocomplete: 'off', maxlength: '12000',
      on: { input: () => this.typed(), keydown: (event) => this.key_(event), blur: () => this.offer([]) },
    });
    this.box.value = drafts.get(this.key) ?? '';
    const extra = !place.thread && shortcuts().some((it) => (it.type ?? 'global') === 'global') ? globalMenu(place.viewer) : null;
    this.node = h('form', { class: 'composer', on: { submit: (event) => this.submit(event) } }, this.hints, this.usage, extra, this.box,
      h('button', { type: 'submit', class: 'send', 'aria-label': 'Send' }, icon('send')));
    this.offered = [];
    this.active = 0;
    requestAnimationFrame(() => this.grow());
  }

  typed() {
    drafts.set(this.key, this.box.value);
    this.grow();
    this.hint();
  }

  grow() {
    this.box.style.height = 'auto';
    this.box.style.height = `${Math.min(this.box.scrollHeight, 180)}px`;
  }

  hint() {
    const text = this.box.value;
    const command = commands().find((it) => text.startsWith(`${it.command} `));
    this.usage.hidden = !command?.usage_hint;
    this.usage.textContent = command ? `${command.command} ${command.usage_hint ?? ''}` : '';
    if (/^\/\S*$/.test(text) && !this.place.thread) {
      this.offer(commands().filter((it) => it.command.startsWith(text)).map((it) => ({ insert: `${it.command} `, name: it.command, detail: it.description || it.usage_hint, from: 0 })));
      return;
    }
    const found = /(?:^|\s)@([\p{L}\p{N}._ -]{0,40})$/u.exec(text.slice(0, this.box.selectionStart));
    this.offer(found ? this.mentions(found[1].toLowerCase(), this.box.selectionStart - found[1].length - 1) : []);
  }

  mentions(start, from) {
    return callable().filter((it) => it.name.toLowerCase().startsWith(start) && it.name.toLowerCase() !== start).slice(0, 6)
      .map((it) => ({ insert: `@${it.name} `, name: `@${it.name}`, detail: it.detail, from }));
  }

  offer(offered) {
    this.offered = offered;
    this.active = 0;
    this.hints.hidden = offered.length === 0;
    this.box.setAttribute('aria-expanded', String(offered.length > 0));
    this.hints.replaceChildren(...offered.map((it, index) => h('li', {
      role: 'option', id: `${this.hints.id}-${index}`,
      on: { pointerdown: (event) => event.preventDefault(), click: () => this.take(it) },
    }, h('strong', {}, it.name), it.detail ? h('span', {}, it.detail) : null)));
    this.point(0);
  }

  point(index) {
    this.active = index;
    [...this.hints.children].forEach((node, at) => node.setAttribute('aria-selected', String(at === index)));
    if (this.offered.length) this.box.setAttribute('aria-activedescendant', `${this.hints.id}-${index}`);
    else this.box.removeAttribute('aria-activedescendant');
  }

  take(it) {
    this.box.setRangeText(it.insert, it.from, this.box.selectionStart, 'end');
    this.box.focus();
    this.typed();
  }

  key_(event) {
    if (event.isComposing) return;
    const many = this.offered.length;
    if (many && event.key === 'ArrowDown') this.point((this.active + 1) % many);
    else if (many && event.key === 'ArrowUp') this.point((this.active + many - 1) % many);
    else if (many && event.key === 'Escape') this.offer([]);
    else if (many && (event.key === 'Tab' || event.key === 'Enter') && !this.complete()) this.take(this.offered[this.active]);
    else if (event.key === 'Enter' && !event.shiftKey) this.node.requestSubmit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // A command typed in full is sent by Enter, not completed once more.
  complete() {
    return this.box.value.trim() === this.offered[this.active].insert.trim();
  }

  async submit(event) {
    event.preventDefault();
    const written = this.box.value;
    if (written.trim() === '') return;
    const toDo = this.asAct(written.trim());
    if (!toDo) return;
    this.put('');
    this.node.setAttribute('aria-busy', 'true');
    const answer = await act(toDo);
    this.node.removeAttribute('aria-busy');
    if (!answer.ok) {
      notify(this.place.viewer, answer.error);
      if (this.box.value === '') this.put(written);
      return;
    }
    this.place.sent();
  }

  put(text) {
    this.box.value = text;
    this.typed();
  }

  asAct(text) {
    const { viewer, channel, thread } = this.place;
    if (!text.startsWith('/')) return { user: viewer, do: 'post', channel, text: linked(text), ...(thread ? { thread_ts: thread } : {}) };
    const [command] = text.split(/\s/, 1);
    if (thread) {
      tell(viewer, `${command} does not work in threads. Use it in the channel.`);
      return null;
    }
    if (!commands().some((it) => it.command === command)) {
      tell(viewer, `${command} is not a command of this workspace. Type / to see those that are.`);
      return null;
    }
    return { user: viewer, do: 'command', command, text: text.slice(command.length).trim(), channel };
  }
}

function callable() {
  const app = bot();
  return [
    { name: app.name ?? '', id: app.user_id, detail: 'App' },
    ...people().filter((it) => !it.deleted).map((it) => ({ name: it.name, id: it.id, detail: it.role })),
    ...groups().filter((it) => !it.disabled).map((it) => ({ name: it.handle, id: it.id, detail: it.name, sequence: `<!subteam^${it.id}>` })),
  ].filter((it) => it.name && it.id);
}

// A person's words as a client sends them: their own < > & escaped, the names
// they mention turned into ids. Somebody who knows an id may type <@U…> themselves.
function linked(text) {
  const names = [
    ...callable().map((it) => [`@${it.name}`, it.sequence ?? `<@${it.id}>`]),
    ...channels().filter((it) => it.name && !it.is_im).map((it) => [`#${it.name}`, `<#${it.id}|${it.name}>`]),
    ['@channel', '<!channel>'], ['@here', '<!here>'], ['@everyone', '<!everyone>'],
    ...callable().filter((it) => !it.sequence).map((it) => [`<@${it.id}>`, `<@${it.id}>`]),
  ].map(([name, id]) => [escaped(name), id]).toSorted((a, b) => b[0].length - a[0].length);
  let out = '';
  const words = escaped(text);
  for (let at = 0; at < words.length; ) {
    const starts = at === 0 || /[\s(]/.test(words[at - 1]);
    const found = starts && names.find(([name]) => words.slice(at, at + name.length).toLowerCase() === name.toLowerCase() && !/[\p{L}\p{N}_]/u.test(words[at + name.length] ?? ''));
    out += found ? found[1] : words[at];
    at += found ? found[0].length : 1;
  }
  return out;
}
