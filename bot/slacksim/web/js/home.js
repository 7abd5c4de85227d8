// The app's Home tab, as the app last published it for this person.

import { h, sync } from './dom.js';
import { showBlocks } from './blocks.js';
import { bot, views } from './directory.js';
import { act } from './live.js';
import { notify } from './notices.js';
import { appChannel, appHead } from './tabs.js';

/** homeView is a person's Home as published, if it was. */
function homeView(viewer) {
  return views().findLast((view) => view.user === viewer && view.type === 'home') ?? null;
}

/** visit tells the app that a person opened one of its tabs, home or messages. */
export async function visit(viewer, tab) {
  const answer = await act({ user: viewer, do: 'home', tab });
  if (!answer.ok) notify(viewer, answer.error);
}

/** showHome fills the main part with the Home tab. */
export function showHome(main, viewer) {
  const view = homeView(viewer);
  const name = bot().name || 'The app';
  sync(main, [
    { key: 'app', signature: `${viewer}/${name}/${appChannel(viewer)?.id}`, make: () => appHead(viewer, 'Home') },
    view ? published(view, viewer) : {
      key: `no home of ${viewer}`, signature: name,
      make: () => h('div', { class: 'scroller home' }, h('div', { class: 'empty' }, h('p', {}, `${name} has no Home for you yet.`), h('p', {}, 'When the app publishes one, it appears here at once.'))),
    },
  ]);
}

function published(view, viewer) {
  return {
    key: `home of ${viewer}`, signature: JSON.stringify([view.view_id, view.blocks]),
    make: () => h('div', { class: 'scroller home', tabindex: '0', role: 'region', 'aria-label': 'Home' }, h('div', { class: 'blocks home-blocks' })),
    update: (node) => showBlocks(node.firstChild, view.blocks, { viewer, surface: `${viewer}/home`, target: { view_id: view.view_id } }),
  };
}
