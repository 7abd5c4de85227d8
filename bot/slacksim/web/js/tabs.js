// The app's own place: its Home and the conversation with it, as two tabs.

import { bot, channelsOf } from './directory.js';
import { h } from './dom.js';
import { go, home } from './session.js';

/** appChannel is the conversation of a person with the app; before their first word it goes by the app's own id. */
export const appChannel = (viewer) => channelsOf(viewer).find((channel) => channel.is_im);

/** isApp tells whether a place is one of the app's tabs. */
export const isApp = (viewer, place) => place === home || place === appChannel(viewer)?.id;

/** appHead is the heading over both tabs. */
export function appHead(viewer, current) {
  const tab = (name, place) => h('button', {
    type: 'button', class: 'tab', 'data-tab': name.toLowerCase(), 'data-focus': `tab ${name}`, 'aria-current': current === name ? 'page' : null,
    on: { click: () => go({ place }) },
  }, name);
  return h('header', { class: 'place-head app-head' },
    h('h1', { tabindex: '-1' }, bot().name || 'The app'),
    h('nav', { class: 'tabs', 'aria-label': 'Tabs of the app' }, tab('Home', home), tab('Messages', appChannel(viewer)?.id ?? '')));
}
