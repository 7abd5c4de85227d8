// Where this window is: which person it is seen as, which channel or tab is
// open, which thread. It lives in the address, so that reload and the back
// button work, and it is forgotten with the window.

export const session = { person: '', place: '', thread: '' };

/** home is the place that is the app's Home tab instead of a channel. */
export const home = 'home';

/** readAddress takes person, place and thread from the address: #U1/C1/1700000000.000100. */
export function readAddress() {
  const [person = '', place = '', thread = ''] = decodeURIComponent(location.hash.slice(1)).split('/');
  Object.assign(session, { person, place, thread });
}

const address = () => `#${[session.person, session.place, session.thread].filter(Boolean).join('/')}`;

/**
 * go moves this window and says so with a "moved" event, before it returns.
 * What is not named stays, but another place closes the thread.
 */
export function go(change) {
  const away = 'place' in change || 'person' in change;
  Object.assign(session, away ? { thread: '' } : {}, change);
  if (location.hash !== address()) history.pushState(null, '', address());
  dispatchEvent(new Event('moved'));
}

/** settle corrects the address without a step in the window's history. */
export function settle(change) {
  Object.assign(session, change);
  history.replaceState(null, '', address());
}

const read = new Map();

/** readUpTo is the newest message that a person has seen in a channel; undefined before their first look. */
export const readUpTo = (person, channel) => read.get(`${person}/${channel}`);

export function markRead(person, channel, ts) {
  read.set(`${person}/${channel}`, ts);
}

const dismissed = new Set();

/** dismiss hides a private message in this window; nobody else ever saw it. */
export function dismiss(key) {
  dismissed.add(key);
}

export const isDismissed = (key) => dismissed.has(key);
