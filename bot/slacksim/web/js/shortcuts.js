// The app's shortcuts: on a message, and from anywhere.

import { h, icon } from './dom.js';
import { shortcuts } from './directory.js';
import { act } from './live.js';
import { openMenu } from './menu.js';
import { notify } from './notices.js';

async function run(viewer, shortcut, extra) {
  const answer = await act({ user: viewer, do: 'shortcut', callback_id: shortcut.callback_id, ...extra });
  if (!answer.ok) notify(viewer, answer.error);
}

function menuButton(name, kind, viewer, extra) {
  const options = shortcuts().filter((it) => (it.type ?? 'global') === kind).map((it) => ({
    value: it.callback_id, words: it.name, label: () => it.name ?? it.callback_id, detail: it.description ? () => it.description : null, choice: it,
  }));
  const node = h('button', { type: 'button', class: 'plain', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': name, title: name }, icon('more'));
  node.addEventListener('click', () => openMenu({ anchor: node, name, role: 'menu', groups: [{ options }], picked: (it) => run(viewer, it, extra) }));
  return node;
}

/** messageMenu is the menu of a message's shortcuts. */
export const messageMenu = (entry, context) => menuButton('More actions for this message', 'message', context.viewer, { channel: context.channel, ts: entry.ts });

/** globalMenu is the menu of the shortcuts that need no message. */
export const globalMenu = (viewer) => menuButton('Shortcuts', 'global', viewer, {});
