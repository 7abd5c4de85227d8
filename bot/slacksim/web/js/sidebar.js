// The list of places, with what is unread in each, and the switch of person.

import { h, icon, sync } from './dom.js';
import { bot, channelsOf, links, people, team, titleOf } from './directory.js';
import { inChannel } from './conversation.js';
import { safeUrl } from './mrkdwn.js';
import { go, home, markRead, readUpTo, session } from './session.js';
import { appChannel, isApp } from './tabs.js';

const strangers = { stranger: 'other workspace', outsider: 'not in the channel' };

/** calledWith is a person's name and, where the name does not tell, the part they play. */
function calledWith(person) {
  const told = !person.role || person.name.toLowerCase().includes(person.role);
  const part = person.deleted ? 'deactivated' : strangers[person.role] ?? (told ? '' : person.role);
  return part ? `${person.name} (${part})` : person.name;
}

/** unread counts what others wrote in a channel since a person last looked. */
function unread(viewer, channel) {
  const messages = inChannel(channel);
  const seen = readUpTo(viewer, channel.id);
  if (seen === undefined) {
    markRead(viewer, channel.id, messages.at(-1)?.ts ?? '0');
    return 0;
  }
  return messages.filter((message) => Number(message.ts) > Number(seen) && message.user !== viewer).length;
}

/** unreadIn counts over all of a person's channels, for the window's title. */
export function unreadIn(viewer) {
  return channelsOf(viewer).reduce((sum, channel) => sum + unread(viewer, channel), 0);
}

/** showSidebar fills the navigation for a person. */
export function showSidebar(nav, viewer) {
  const mine = channelsOf(viewer);
  sync(nav, [
    group('Channels', mine.filter((channel) => !channel.is_im).map((channel) => row(viewer, channel)), 'None that this person has joined.'),
    group('Apps', [appRow(viewer)], ''),
    { key: 'foot', signature: JSON.stringify(links()), make: foot },
  ]);
}

function row(viewer, channel) {
  return {
    key: channel.id, name: titleOf(channel, viewer), place: channel.id, current: session.place === channel.id, count: unread(viewer, channel),
    mark: () => (channel.is_private ? icon('lock') : h('span', { class: 'hash', 'aria-hidden': 'true' }, '#')),
  };
}

// The app leads to its Home, or to its messages while some of them are unread.
function appRow(viewer) {
  const channel = appChannel(viewer);
  const count = channel ? unread(viewer, channel) : 0;
  return {
    key: 'app', name: bot().name || 'App', place: count ? channel.id : home, current: isApp(viewer, session.place), count, mark: () => icon('home'),
  };
}

function group(title, rows, none) {
  const items = rows.map((it) => ({
    key: it.key,
    signature: JSON.stringify([it.name, it.place, it.count, it.current]),
    make: () => h('li', {}, h('button', {
      type: 'button', class: `place${it.count ? ' unread' : ''}`, 'data-focus': `place ${it.key}`, 'data-place': it.place, 'aria-current': it.current ? 'page' : null,
      on: { click: () => go({ place: it.place }) },
    }, it.mark(), h('bdi', { class: 'place-name' }, it.name), it.count ? h('span', { class: 'count', 'aria-label': `${it.count} unread` }, it.count > 99 ? '99+' : it.count) : null)),
  }));
  if (rows.length === 0) items.push({ key: 'none', signature: none, make: () => h('li', { class: 'none' }, none) });
  return {
    key: title,
    signature: JSON.stringify(items.map((item) => [item.key, item.signature])),
    make: () => h('section', {}, h('h2', {}, title), h('ul', {})),
    update: (node) => sync(node.querySelector('ul'), items),
  };
}

/** listening says where this page is served, and claims loopback only where it is. */
function listening() {
  const name = location.hostname.replace(/^\[|\]$/g, '');
  const loopback = name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name);
  return loopback ? 'loopback' : location.host;
}

function foot() {
  const list = links().filter((it) => safeUrl(it.url));
  return h('footer', { class: 'side-foot' },
    list.map((it) => h('p', {}, h('a', { href: safeUrl(it.url), target: '_blank', rel: 'noopener noreferrer' }, it.label || it.url))),
    h('p', {}, `Stand-in workspace, listening on ${listening()}. Nothing here reaches Slack.`));
}

/** showPeople keeps the switch of person in step with the workspace. */
export function showPeople(select, viewer) {
  sync(select, people().map((person) => ({
    key: person.id, signature: JSON.stringify(person),
    make: () => h('option', { value: person.id }, calledWith(person)),
  })));
  select.value = viewer;
}

/** showTeam writes the workspace's name. */
export function showTeam(node) {
  node.textContent = team().name || 'Workspace';
}
