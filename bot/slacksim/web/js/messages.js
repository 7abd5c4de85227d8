// Messages as the reader sees them: author, time, text or blocks, reactions,
// the thread's summary; and the private ones that only they were sent.

import { h, icon, sync } from './dom.js';
import { showBlocks } from './blocks.js';
import { dayOf, seconds, timeNode, written } from './dates.js';
import { shortcuts, isBot, nameOf, personById, zoneOf } from './directory.js';
import { glyph } from './emoji.js';
import { anchor, mrkdwn } from './mrkdwn.js';
import { fileAddress, picture } from './pictures.js';
import { dismiss, go } from './session.js';
import { messageMenu } from './shortcuts.js';

const together = 5 * 60;

/**
 * showMessages keeps a list in step with entries (messages, private ones
 * included, oldest first). The context has viewer, channel and, in a thread's
 * pane, thread.
 */
export function showMessages(list, entries, context) {
  const items = [];
  let before = null;
  for (const entry of entries) {
    const day = dayOf(Number(entry.ts), zoneOf(context.viewer));
    if (!before || before.day !== day) items.push(divider(entry, day, context));
    const joined = before?.day === day && joins(before.entry, entry);
    items.push(message(entry, joined, context));
    before = { entry, day };
  }
  sync(list, items);
}

// What people type comes with a layout too, but their words say the same.
const isCard = (entry) => Boolean(entry.blocks?.length) && (entry.private || isBot(authorOf(entry)));

function joins(before, entry) {
  return authorOf(before) === authorOf(entry) && !before.private && !entry.private && !isCard(entry) && !isCard(before) && !before.reply_count && Number(entry.ts) - Number(before.ts) < together;
}

const authorOf = (entry) => entry.user ?? entry.bot_id ?? '';

function divider(entry, day, context) {
  return {
    key: `day ${day}`,
    signature: dayOf(seconds(), zoneOf(context.viewer)),
    make: () => {
      const text = written(Number(entry.ts), '{day_divider_pretty}', zoneOf(context.viewer));
      return h('li', { class: 'day' }, h('span', {}, text.charAt(0).toUpperCase() + text.slice(1)));
    },
  };
}

function message(entry, joined, context) {
  const key = entry.private ? `private ${entry.key}` : entry.ts;
  return {
    key,
    signature: JSON.stringify(entry) + joined,
    make: () => h('li', { class: 'entry' }, h('article', { class: 'message', tabindex: '-1', 'data-ts': entry.ts, 'data-private': entry.private ? 'true' : null }, avatar(entry), h('div', { class: 'message-body' }))),
    update: (node) => {
      node.classList.toggle('joined', joined);
      const article = node.firstChild;
      article.setAttribute('aria-label', `${nameOf(authorOf(entry))}, ${written(Number(entry.ts), '{time}', zoneOf(context.viewer))}`);
      sync(article.querySelector('.message-body'), parts(entry, context));
    },
  };
}

function avatar(entry) {
  const author = authorOf(entry);
  const name = nameOf(author);
  return h('span', { class: `avatar ${isBot(author) ? 'avatar-app' : `avatar-${hue(author)}`}`, 'aria-hidden': 'true' }, [...name][0]?.toUpperCase() ?? '?');
}

/** hue picks one of six colours for a person, always the same. */
function hue(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 6;
  return sum;
}

function parts(entry, context) {
  const items = [];
  if (entry.private) items.push(privateMark(entry));
  items.push({ key: 'head', signature: JSON.stringify([authorOf(entry), entry.username, Boolean(entry.edited), entry.reply_broadcast]), make: () => head(entry, context) });
  if (isCard(entry)) {
    items.push({
      key: 'blocks', signature: JSON.stringify(entry.blocks), make: () => h('div', { class: 'blocks' }),
      update: (node) => showBlocks(node, entry.blocks, controlContext(entry, context)),
    });
  } else if (entry.text || !entry.files?.length) {
    items.push({ key: 'text', signature: entry.text ?? '', make: () => h('div', { class: 'text' }, mrkdwn(entry.text, context.viewer, false)) });
  }
  if (entry.attachments?.length) items.push({ key: 'attachments', signature: JSON.stringify(entry.attachments), make: () => h('div', {}, entry.attachments.map((it, index) => attachment(it, index, entry, context))) });
  if (entry.files?.length) items.push({ key: 'files', signature: JSON.stringify(entry.files), make: () => files(entry) });
  if (entry.reactions?.length) items.push({ key: 'reactions', signature: JSON.stringify(entry.reactions), make: () => reactions(entry) });
  if (entry.reply_count && !context.thread) items.push({ key: 'thread', signature: JSON.stringify(entry.replies), make: () => summary(entry, context) });
  if (!entry.private) items.push({ key: 'tools', signature: '', make: () => tools(entry, context) });
  return items;
}

function controlContext(entry, context) {
  const surface = `${context.viewer}/${context.channel}/${entry.private ? entry.key : entry.ts}`;
  return { viewer: context.viewer, surface, target: { channel: context.channel, ts: entry.ts } };
}

function privateMark(entry) {
  const close = h('button', { type: 'button', class: 'link', on: { click: () => {
    dismiss(entry.key);
    dispatchEvent(new Event('moved'));
  } } }, 'Dismiss');
  return { key: 'private', signature: '', make: () => h('p', { class: 'private-mark' }, icon('eye'), 'Only visible to you', close) };
}

function head(entry, context) {
  const author = authorOf(entry);
  const person = personById(author);
  const unix = Number(entry.ts);
  const time = timeNode(unix, '{time}', zoneOf(context.viewer), '');
  return h('p', { class: 'message-head' },
    h('bdi', { class: 'author' }, entry.username || nameOf(author)),
    isBot(author) ? h('span', { class: 'badge' }, 'App') : null,
    person && ['guest', 'stranger'].includes(person.role) ? h('span', { class: 'badge quiet' }, person.role === 'guest' ? 'Guest' : 'External') : null,
    h('span', { class: 'stamp' }, time),
    entry.edited ? h('span', { class: 'stamp' }, '(edited)') : null,
    entry.reply_broadcast ? h('span', { class: 'stamp' }, context.thread ? 'also sent to the channel' : 'replied in a thread') : null);
}

function reactions(entry) {
  return h('ul', { class: 'reactions', 'aria-label': 'Reactions' }, entry.reactions.map((it) => {
    const users = it.users ?? [];
    const names = users.map(nameOf).join(', ');
    return h('li', { title: names }, h('span', { role: 'img', 'aria-label': it.name }, glyph(it.name) ?? `:${it.name}:`), ` ${it.count ?? users.length}`);
  }));
}

function attachment(it, index, entry, context) {
  const node = h('div', { class: 'attachment blocks' });
  if (/^#[0-9a-f]{6}$/i.test(it.color ?? '')) node.style.borderLeftColor = it.color;
  const surface = controlContext(entry, context);
  if (it.blocks?.length) showBlocks(node, it.blocks, { ...surface, surface: `${surface.surface}/${index}` });
  else node.append(h('div', { class: 'text' }, mrkdwn([it.pretext, it.title && `*${it.title}*`, it.text ?? it.fallback].filter(Boolean).join('\n'), context.viewer)));
  return node;
}

function files(entry) {
  return h('ul', { class: 'files' }, entry.files.map((it) => {
    const name = it.title || it.name || it.id;
    if (it.mode === 'tombstone') return h('li', { class: 'file' }, 'This file was deleted.');
    const href = fileAddress(it.id);
    if (!String(it.mimetype).startsWith('image/')) return h('li', { class: 'file' }, anchor(href, name));
    return h('li', {}, h('figure', {}, h('figcaption', {}, name),
      h('a', { href, target: '_blank', rel: 'noopener noreferrer', 'aria-label': `Open ${name}` }, picture({ image_url: href, alt_text: name }, 'picture large'))));
  }));
}

/** counted is "1 reply", "3 replies". */
export const counted = (count) => `${count} ${count === 1 ? 'reply' : 'replies'}`;

function summary(entry, context) {
  const last = entry.replies?.last;
  return h('button', { type: 'button', class: 'thread-summary', 'data-focus': `thread ${entry.ts}`, on: { click: () => go({ thread: entry.ts }) } },
    h('span', { class: 'faces', 'aria-hidden': 'true' }, (entry.replies?.authors ?? []).slice(0, 3).map((user) => avatar({ user }))),
    h('span', { class: 'count' }, counted(entry.reply_count)),
    last ? h('span', { class: 'stamp' }, 'Last reply ', timeNode(Number(last), '{ago}', zoneOf(context.viewer), '')) : null);
}

function tools(entry, context) {
  const thread = entry.thread_ts ?? entry.ts;
  return h('div', { class: 'tools' },
    context.thread ? null : h('button', { type: 'button', class: 'plain', 'aria-label': 'Reply in thread', title: 'Reply in thread', on: { click: () => go({ thread }) } }, icon('reply')),
    shortcuts().some((it) => it.type === 'message') ? messageMenu(entry, context) : null);
}
