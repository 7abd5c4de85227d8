// The middle of the page: a channel's messages, and the pane of one thread.

import { h, icon, sync } from './dom.js';
import { bot, channelFor, ephemerals, homeChannel, nameOf, titleOf } from './directory.js';
import { composer } from './composer.js';
import { counted, showMessages } from './messages.js';
import { announce } from './notices.js';
import { spoken } from './mrkdwn.js';
import { go, isDismissed, markRead, readUpTo } from './session.js';
import { appHead } from './tabs.js';

// As many of the newest messages as are laid out at first; more on request.
const page = 150;

/** isReply tells a thread's reply from a message of the channel. */
const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** inChannel are the messages that the channel itself shows. */
export const inChannel = (channel) => (channel.messages ?? []).filter((message) => !isReply(message) || message.reply_broadcast);

const byTime = (a, b) => Number(a.ts) - Number(b.ts);

function privateFor(viewer, channel, thread) {
  return ephemerals()
    .map((it, index) => ({ ...it, private: true, key: `${it.channel}/${it.ts ?? index}` }))
    .filter((it) => it.user === viewer && it.channel === channel && (it.thread_ts ?? '') === thread && !isDismissed(it.key))
    .map((it) => ({ ...it, user: bot().user_id, ts: it.ts ?? '0' }));
}

function withThreads(messages, all) {
  const threads = Map.groupBy(all.filter(isReply), (message) => message.thread_ts);
  return messages.map((message) => {
    const replies = isReply(message) ? [] : threads.get(message.ts) ?? [];
    if (replies.length === 0) return message;
    const authors = [...new Set(replies.map((reply) => reply.user))];
    return { ...message, reply_count: replies.length, replies: { last: replies.at(-1).ts, authors } };
  });
}

/**
 * Pane is one scrolling list of messages with its composer: the channel, or
 * with a thread's ts that thread. It lives as long as what it shows.
 */
class Pane {
  constructor(viewer, channel, thread) {
    Object.assign(this, { viewer, channel, thread, most: page, newest: null });
    const name = this.name();
    this.list = h('ol', { class: 'messages' });
    this.earlier = h('button', { type: 'button', class: 'button earlier', hidden: true, on: { click: () => this.more() } }, 'Show earlier messages');
    this.empty = h('p', { class: 'empty' });
    this.scroller = h('div', { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': thread ? 'Messages of the thread' : `Messages in ${name}`, on: { scroll: () => this.scrolled() } }, this.earlier, this.empty, this.list);
    this.jump = h('button', { type: 'button', class: 'jump', hidden: true, on: { click: () => this.toEnd() } }, h('span', {}, 'New messages'), icon('down'));
    this.node = h('div', { class: 'pane' }, this.scroller, h('div', { class: 'pane-foot' }, this.jump, composer({ viewer, channel, thread, label: thread ? 'Reply' : `Message ${name}`, sent: () => this.toEnd() })));
    this.ended = true;
    new ResizeObserver(() => this.ended && this.toEnd()).observe(this.scroller);
    this.list.addEventListener('load', () => this.ended && this.toEnd(), true);
  }

  name() {
    const channel = channelFor(this.viewer, this.channel);
    return channel?.is_im ? titleOf(channel, this.viewer) : `#${channel?.name ?? this.channel}`;
  }

  entries() {
    const all = channelFor(this.viewer, this.channel)?.messages ?? [];
    const shown = this.thread
      ? all.filter((message) => message.ts === this.thread || message.thread_ts === this.thread)
      : withThreads(inChannel({ messages: all }), all);
    return [...shown, ...privateFor(this.viewer, this.channel, this.thread)].toSorted(byTime);
  }

  update() {
    const entries = this.entries();
    const shown = entries.slice(-this.most);
    this.earlier.hidden = shown.length === entries.length;
    this.empty.hidden = entries.length > 0;
    this.empty.textContent = this.thread ? 'This thread is gone.' : 'No messages yet. What the app posts appears here at once.';
    this.steadily(() => showMessages(this.list, shown, { viewer: this.viewer, channel: this.channel, thread: this.thread }));
    this.arrived(entries);
  }

  // Keeps the reader where they read: at the end if they were there, else with
  // the message at the top of their view where it was.
  steadily(change) {
    if (this.ended) {
      change();
      this.toEnd();
      return;
    }
    const top = this.scroller.getBoundingClientRect().top;
    const held = [...this.list.children].find((node) => node.getBoundingClientRect().bottom > top);
    const offset = held?.getBoundingClientRect().top;
    change();
    if (held?.isConnected) this.scroller.scrollTop += held.getBoundingClientRect().top - offset;
  }

  arrived(entries) {
    const newest = entries.at(-1);
    const news = this.newest === null ? [] : entries.filter((entry) => Number(entry.ts) > Number(this.newest) && entry.user !== this.viewer);
    this.newest = newest?.ts ?? '0';
    if (news.length === 0) return;
    if (!this.ended) this.beckon(news.some((entry) => entry.private) ? 'A private message' : 'New messages');
    const last = news.at(-1);
    announce(news.length > 1 ? `${news.length} new messages` : `${nameOf(last.user)}: ${spoken(last.text, this.viewer)}`.slice(0, 300));
  }

  // Says what is below the end of the view. What is for them alone is said until they have seen it.
  beckon(words) {
    if (this.jump.hidden || words !== 'New messages') this.jump.firstChild.textContent = words;
    this.jump.hidden = false;
  }

  more() {
    this.most += page;
    const held = this.list.firstElementChild;
    const before = held?.getBoundingClientRect().top ?? 0;
    this.update();
    if (held) this.scroller.scrollTop += held.getBoundingClientRect().top - before;
  }

  reveal(ts) {
    const entries = this.entries();
    const index = entries.findIndex((entry) => entry.ts === ts);
    if (index < 0) return;
    this.most = Math.max(this.most, entries.length - index + 5);
    this.update();
    this.ended = false;
    const article = this.list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    article.scrollIntoView({ block: 'center' });
    article.focus({ preventScroll: true });
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.ended = scrollHeight - scrollTop - clientHeight < 60;
    if (this.ended) this.jump.hidden = true;
  }

  toEnd() {
    this.ended = true;
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

const open = new Map();

function paneFor(slot, viewer, channel, thread) {
  const key = `${viewer}/${channel}/${thread}`;
  if (open.get(slot)?.key !== key) open.set(slot, { key, pane: new Pane(viewer, channel, thread) });
  return open.get(slot).pane;
}

/** reveal brings a message into view, in the channel's pane or the thread's. */
export function reveal(slot, ts) {
  open.get(slot)?.pane.reveal(ts);
}

/** showChannel fills the main part with a channel as a person sees it. */
export function showChannel(main, viewer, channel) {
  const pane = paneFor('channel', viewer, channel.id, '');
  sync(main, [
    { key: 'head', signature: `${viewer}/${channel.id}/${channel.name}/${channel.is_archived}/${channel.members?.length}`, make: () => (channel.is_im ? appHead(viewer, 'Messages') : heading(viewer, channel)) },
    { key: `pane ${viewer}/${channel.id}`, signature: '', make: () => pane.node },
  ]);
  pane.update();
  const last = inChannel(channel).at(-1)?.ts ?? '0';
  if (Number(readUpTo(viewer, channel.id) ?? 0) < Number(last) && !document.hidden) markRead(viewer, channel.id, last);
}

function heading(viewer, channel) {
  const joined = channel.members?.length;
  return h('header', { class: 'place-head' },
    h('h1', { tabindex: '-1' }, h('span', {}, h('span', { class: 'hash', 'aria-hidden': 'true' }, '#'), titleOf(channel, viewer))),
    joined ? h('span', { class: 'stamp' }, `${joined} members`) : null,
    channel.is_private ? h('span', { class: 'stamp' }, 'Private') : null,
    channel.is_archived ? h('span', { class: 'stamp' }, 'Archived') : null,
    channel.id === homeChannel() ? h('span', { class: 'stamp wide-only' }, 'The app posts here') : null);
}

/** showThread fills the thread's pane, or empties it when none is open. */
export function showThread(aside, viewer, channel, thread) {
  aside.hidden = !thread;
  if (!thread) {
    sync(aside, []);
    open.delete('thread');
    return;
  }
  const pane = paneFor('thread', viewer, channel.id, thread);
  const replies = (channel.messages ?? []).filter((message) => message.thread_ts === thread && isReply(message)).length;
  sync(aside, [
    { key: 'head', signature: `${channel.id}/${channel.name}/${replies}`, make: () => threadHeading(viewer, channel, replies) },
    { key: `pane ${viewer}/${channel.id}/${thread}`, signature: '', make: () => pane.node },
  ]);
  pane.update();
}

function threadHeading(viewer, channel, replies) {
  return h('header', { class: 'place-head' },
    h('h2', { tabindex: '-1' }, 'Thread'),
    h('span', { class: 'stamp' }, channel.is_im ? titleOf(channel, viewer) : `#${channel.name}`, replies ? ` · ${counted(replies)}` : ''),
    h('button', { type: 'button', class: 'plain close', 'aria-label': 'Close the thread', 'data-focus': 'close thread', on: { click: () => go({ thread: '' }) } }, icon('close')));
}
