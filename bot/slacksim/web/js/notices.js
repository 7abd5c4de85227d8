// What a click came to when it came to nothing: short notices to the person
// who acted, read out by screen readers, gone by themselves or on a click.

import { h, icon } from './dom.js';
import { bot } from './directory.js';

const stay = 12000;

const known = {
  operation_timeout: () => `${bot().name || 'The app'} did not answer within three seconds. Try again.`,
  no_connection: () => 'The stand-in workspace cannot be reached. What you did was not delivered.',
  dispatch_failed: () => `${bot().name || 'The app'} is not connected at the moment.`,
  dispatch_unknown_error: () => `${bot().name || 'The app'} could not be reached.`,
};

/** explain is the sentence for an act's error, with its code for those who look it up. */
export function explain(error) {
  const [, code, detail] = /^(?:([a-z_]+)(?::\s*|$))?([^]*)$/.exec(String(error || 'unknown_error'));
  const sentence = Object.hasOwn(known, code ?? '') ? known[code]() : detail || 'That did not work.';
  return { sentence: sentence.charAt(0).toUpperCase() + sentence.slice(1), code: code ?? '' };
}

/** notify shows an act's error to a person. */
export function notify(person, error) {
  const { sentence, code } = explain(error);
  tell(person, sentence, code);
}

/** tell shows a sentence of the client's own. */
export function tell(person, sentence, code) {
  const shelf = shelfOnTop();
  const close = h('button', { type: 'button', class: 'plain', 'aria-label': 'Dismiss this notice' }, icon('close'));
  const notice = h('div', { class: 'notice', 'data-person': person },
    h('p', {}, sentence, code ? h('code', {}, code) : null), close);
  close.addEventListener('click', () => notice.remove());
  setTimeout(() => notice.remove(), stay);
  shelf.append(notice);
}

// An open dialog lies above the page and makes the rest of it inert, so a
// notice has to live inside it to be seen and heard.
function shelfOnTop() {
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  if (!dialog) return document.getElementById('notices');
  let shelf = dialog.querySelector(':scope > .notices');
  if (!shelf) {
    shelf = h('div', { class: 'notices', role: 'alert' });
    dialog.append(shelf);
  }
  return shelf;
}

/** rescue keeps the notices of a dialog that goes away. */
export function rescue(dialog) {
  document.getElementById('notices').append(...dialog.querySelectorAll('.notice'));
}

/** clearOthers removes the notices that were meant for somebody else. */
export function clearOthers(person) {
  for (const notice of document.querySelectorAll('.notice')) {
    if (notice.dataset.person !== person) notice.remove();
  }
}

/** announce reads a text to screen readers without showing it. */
export function announce(text) {
  document.getElementById('announcements').textContent = text;
}
