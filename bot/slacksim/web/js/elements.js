// The interactive elements that stand in section, actions and input blocks.
// Each maker takes (element, block, context) and gives one node.

import { h, icon } from './dom.js';
import { localOf, unixOf } from './dates.js';
import { zoneOf } from './directory.js';
import { changed, click, watch } from './acts.js';
import { remember, remembered } from './form.js';
import { openMenu } from './menu.js';
import { safeUrl } from './mrkdwn.js';
import { picture } from './pictures.js';
import { richText } from './richtext.js';
import { selectors } from './selects.js';
import { textObject, words } from './text.js';

const makers = {
  ...selectors,
  button,
  workflow_button: button,
  icon_button: button,
  feedback_buttons: feedback,
  overflow,
  image: (element) => picture(element, 'picture small'),
  checkboxes: (element, block, context) => ticks(element, block, context, 'checkbox'),
  radio_buttons: (element, block, context) => ticks(element, block, context, 'radio'),
  datepicker: (element, block, context) => moment(element, block, context, 'date'),
  timepicker: (element, block, context) => moment(element, block, context, 'time'),
  datetimepicker: (element, block, context) => moment(element, block, context, 'datetime-local'),
  plain_text_input: typed,
  email_text_input: typed,
  url_text_input: typed,
  number_input: typed,
  rich_text_input: typed,
  file_input: () => h('p', { class: 'unknown' }, 'Files cannot be picked on this page.'),
};

/** element makes an element's node; one of a kind we do not know says so. */
export function element(it, block, context) {
  const make = makers[it?.type];
  if (!make) return h('span', { class: 'unknown' }, `[${it?.type ?? 'nothing'}]`);
  return make(it, block, context);
}

function button(it, block, context) {
  const label = it.text ? textObject(it.text, context.viewer) : [it.icon ?? it.type];
  const style = it.style === 'primary' || it.style === 'danger' ? it.style : '';
  const node = h('button', {
    type: 'button', class: `button ${style}`, 'data-focus': it.action_id, 'data-action': it.action_id,
    'aria-label': it.accessibility_label || null,
    on: {
      click: () => {
        if (it.url && safeUrl(it.url)) open(safeUrl(it.url), '_blank', 'noopener,noreferrer');
        click(context, block, it, it.value);
      },
    },
  }, h('span', { class: 'button-text' }, label), it.url ? icon('out') : null);
  return watch(node, context, block, it);
}

function feedback(it, block, context) {
  const one = (part) => part && button({ ...part, type: 'button', action_id: it.action_id }, block, context);
  return h('span', { class: 'pair' }, one(it.positive_button), one(it.negative_button));
}

function overflow(it, block, context) {
  const node = h('button', { type: 'button', class: 'button more', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': 'More actions', 'data-focus': it.action_id, 'data-action': it.action_id }, icon('more'));
  const options = (it.options ?? []).map((option) => ({
    value: option.value,
    words: words(option.text),
    label: () => textObject(option.text, context.viewer),
    detail: option.description ? () => textObject(option.description, context.viewer) : null,
    choice: option,
  }));
  node.addEventListener('click', () => openMenu({
    anchor: node, name: 'More actions', role: 'menu', groups: [{ options }],
    picked: (option) => {
      if (option.url && safeUrl(option.url)) open(safeUrl(option.url), '_blank', 'noopener,noreferrer');
      click(context, block, it, option.value);
    },
  }));
  return watch(node, context, block, it);
}

function ticks(it, block, context, type) {
  const many = type === 'checkbox';
  const before = remembered(context.surface, block, it);
  const chosen = new Set((many ? before : [before]).map((choice) => choice?.value));
  const name = `${context.surface}/${block.block_id}/${it.action_id}`;
  const box = h('div', { class: 'ticks', role: many ? 'group' : 'radiogroup', 'data-action': it.action_id, 'aria-labelledby': context.labelledBy, 'aria-describedby': context.describedBy });
  (it.options ?? []).forEach((option, index) => {
    const input = h('input', { type, name, value: option.value, checked: chosen.has(option.value), 'data-focus': `${it.action_id}/${index}` });
    box.append(h('label', { class: 'tick' }, input,
      h('span', {}, textObject(option.text, context.viewer),
        option.description ? h('span', { class: 'detail' }, textObject(option.description, context.viewer)) : null)));
  });
  box.addEventListener('change', () => {
    const ticked = new Set([...box.querySelectorAll('input:checked')].map((input) => input.value));
    const choices = it.options.filter((option) => ticked.has(option.value)).map((option) => ({ value: option.value, label: option.text }));
    changed(it, block, context, many ? choices : choices[0] ?? null);
  });
  return watch(box, context, block, it);
}

function moment(it, block, context, type) {
  const zone = zoneOf(context.viewer);
  const stamps = type === 'datetime-local';
  const value = remembered(context.surface, block, it);
  const node = h('input', {
    type, class: 'field', 'data-focus': it.action_id, 'data-action': it.action_id,
    value: stamps ? (value === null || value === '' ? null : localOf(value, zone)) : value,
    'aria-labelledby': context.labelledBy, 'aria-describedby': context.describedBy,
    'aria-label': context.labelledBy ? null : words(it.placeholder) || type,
    title: stamps ? `Time zone: ${zone}` : null,
  });
  node.addEventListener('change', () => changed(it, block, context, stamps ? unixOf(node.value, zone) : node.value));
  return watch(node, context, block, it);
}

const inputTypes = { email_text_input: 'email', url_text_input: 'url', number_input: 'number' };

function typed(it, block, context) {
  const rich = it.type === 'rich_text_input';
  const many = rich || (it.type === 'plain_text_input' && it.multiline);
  const node = h(many ? 'textarea' : 'input', {
    type: many ? null : inputTypes[it.type] ?? 'text', rows: many ? 4 : null, class: 'field', autocomplete: 'off',
    'data-focus': it.action_id, 'data-action': it.action_id, placeholder: words(it.placeholder) || null,
    maxlength: it.max_length, min: it.min_value, max: it.max_value, step: it.type === 'number_input' ? (it.is_decimal_allowed ? 'any' : '1') : null,
    'aria-labelledby': context.labelledBy, 'aria-describedby': context.describedBy,
    'aria-label': context.labelledBy ? null : words(it.placeholder) || 'Text', autofocus: it.focus_on_load,
  });
  const value = remembered(context.surface, block, it) ?? '';
  node.value = value.type === 'rich_text' ? h('div', {}, richText(value, context.viewer)).textContent : value;
  const when = it.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'];
  const send = () => block.dispatch_action && click(context, block, it, node.value);
  node.addEventListener('input', () => {
    remember(context.surface, block, it, node.value);
    if (when.includes('on_character_entered')) send();
  });
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing || many || !block.dispatch_action || !when.includes('on_enter_pressed')) return;
    event.preventDefault();
    send();
  });
  return watch(node, context, block, it);
}
