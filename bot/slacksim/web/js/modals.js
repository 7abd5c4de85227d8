// The app's modals: the top one of the person's stack, kept in step with the
// app's updates without losing what they have typed.

import { freshId, h, icon, sync } from './dom.js';
import { showBlocks } from './blocks.js';
import { views } from './directory.js';
import { begin, isEmpty, remembered, wire } from './form.js';
import { act, refresh } from './live.js';
import { closeMenu } from './menu.js';
import { explain, notify, rescue } from './notices.js';
import { textObject } from './text.js';

let shown = null;

/** topView is the modal that a person has in front of them, if any. */
function topView(viewer) {
  const mine = views().filter((view) => view.user === viewer && view.open && view.type === 'modal');
  const beneath = new Set(mine.map((view) => view.previous_view_id).filter(Boolean));
  return mine.findLast((view) => !beneath.has(view.view_id)) ?? null;
}

/** showModal opens, updates or closes the dialog so that it shows the person's top view. */
export function showModal(viewer) {
  const view = topView(viewer);
  if (shown && (!view || shown.id !== view.view_id || shown.viewer !== viewer)) {
    shown.leave();
    shown = null;
  }
  if (!view) return;
  shown ??= new Modal(view, viewer);
  shown.update(view);
}

class Modal {
  constructor(view, viewer) {
    Object.assign(this, { id: view.view_id, viewer, errors: new Map(), signature: '' });
    this.surface = `${viewer}/${view.view_id}`;
    const title = freshId('modal');
    this.title = h('h2', { id: title, tabindex: '-1' });
    this.blocks = h('div', { class: 'blocks modal-blocks' });
    this.trouble = h('p', { class: 'complaint', role: 'alert', hidden: true });
    this.foot = h('div', { class: 'dialog-foot' });
    this.form = h('form', { class: 'modal-form', novalidate: true, on: { submit: (event) => this.submit(event) } },
      h('header', { class: 'dialog-head' }, this.title, h('button', { type: 'button', class: 'plain', 'aria-label': 'Close', on: { click: () => this.close() } }, icon('close'))),
      this.blocks, this.trouble, this.foot);
    this.dialog = h('dialog', { class: 'dialog modal', 'aria-labelledby': title, 'data-view': view.view_id, on: { cancel: (event) => {
      event.preventDefault();
      this.close();
    } } }, this.form);
    this.returnTo = document.activeElement;
    document.body.append(this.dialog);
    this.update(view);
    this.dialog.showModal();
    const first = this.blocks.querySelector('[autofocus]') ?? this.blocks.querySelector('.block-input :is(input, textarea, button)') ?? this.title;
    first.focus();
  }

  update(view) {
    this.view = view;
    for (const block of this.inputs()) begin(this.surface, block, block.element, view.state?.values);
    this.title.replaceChildren(...textObject(view.title, this.viewer));
    showBlocks(this.blocks, view.blocks, { viewer: this.viewer, surface: this.surface, target: { view_id: view.view_id }, errors: this.errors });
    sync(this.foot, [
      { key: 'close', signature: JSON.stringify(view.close ?? ''), make: () => h('button', { type: 'button', class: 'button', 'data-focus': 'close', on: { click: () => this.close() } }, view.close ? textObject(view.close, this.viewer) : 'Cancel') },
      ...(view.submit ? [{ key: 'submit', signature: JSON.stringify(view.submit), make: () => h('button', { type: 'submit', class: 'button primary', 'data-focus': 'submit' }, textObject(view.submit, this.viewer)) }] : []),
    ]);
  }

  inputs() {
    return (this.view.blocks ?? []).filter((block) => block.type === 'input' && block.element?.action_id);
  }

  async submit(event) {
    event.preventDefault();
    if (!this.view.submit) return;
    closeMenu();
    const values = {};
    const errors = new Map();
    for (const block of this.inputs()) {
      const value = remembered(this.surface, block, block.element);
      values[block.element.action_id] = wire(value);
      if (!block.optional && isEmpty(value)) errors.set(block.block_id, 'Please complete this required field.');
    }
    if (errors.size) {
      this.complain(errors, '');
      return;
    }
    this.foot.setAttribute('aria-busy', 'true');
    const answer = await act({ user: this.viewer, do: 'submit', view_id: this.id, values });
    this.foot.removeAttribute('aria-busy');
    this.answered(answer);
  }

  answered(answer) {
    const response = answer.response ?? {};
    if (response.response_action === 'errors') {
      this.complain(new Map(Object.entries(response.errors ?? {})), '');
    } else if (!answer.ok) {
      const { sentence, code } = explain(answer.error);
      this.complain(new Map(), code ? `${sentence} (${code})` : sentence);
    } else {
      this.complain(new Map(), '');
    }
  }

  complain(errors, trouble) {
    this.errors = errors;
    this.trouble.hidden = !trouble;
    this.trouble.textContent = trouble;
    this.update(this.view);
    const first = this.blocks.querySelector('.invalid');
    first?.scrollIntoView({ block: 'nearest' });
    first?.querySelector('input, textarea, button')?.focus();
  }

  async close() {
    closeMenu();
    const answer = await act({ user: this.viewer, do: 'close', view_id: this.id });
    if (!answer.ok) {
      notify(this.viewer, answer.error);
      await refresh().catch(() => {});
    }
  }

  leave() {
    closeMenu();
    rescue(this.dialog);
    this.dialog.close();
    this.dialog.remove();
    const back = this.returnTo?.isConnected ? this.returnTo : document.querySelector(`[data-focus="${CSS.escape(this.returnTo?.dataset?.focus ?? '')}"]`);
    back?.focus?.({ preventScroll: true });
  }
}
