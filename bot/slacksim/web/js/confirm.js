// The question that an app puts before an action.

import { freshId, h } from './dom.js';
import { textObject } from './text.js';

/** confirmed asks an app's confirm object and resolves to the person's answer. */
export function confirmed(confirm, viewer) {
  return new Promise((resolve) => {
    const title = freshId('confirm');
    const body = freshId('confirm');
    let answer = false;
    const leave = (yes) => {
      answer = yes;
      dialog.close();
    };
    const choice = (words, fallback, kind, yes) => h('button', { type: 'button', class: `button ${kind}`, on: { click: () => leave(yes) } }, words ? textObject(words, viewer) : fallback);
    const dialog = h('dialog', { class: 'dialog confirm', 'aria-labelledby': title, 'aria-describedby': body },
      h('h2', { id: title }, confirm.title ? textObject(confirm.title, viewer) : 'Are you sure?'),
      h('div', { id: body, class: 'text' }, confirm.text ? textObject(confirm.text, viewer) : null),
      h('div', { class: 'dialog-foot' },
        choice(confirm.deny, 'Cancel', '', false),
        choice(confirm.confirm, 'Yes', confirm.style === 'danger' ? 'danger' : 'primary', true)));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
