// Block Kit blocks as elements. A block's node is made once and kept until the
// block changes, so an edited message repaints only what is different.

import { freshId, h, sync } from './dom.js';
import { element } from './elements.js';
import { anchor, safeUrl } from './mrkdwn.js';
import { markdown } from './markdown.js';
import { picture } from './pictures.js';
import { richText } from './richtext.js';
import { textObject, words } from './text.js';

const makers = {
  section, actions, context: contextBlock, context_actions: actions, header, image, input,
  divider: () => h('hr', { class: 'divider' }),
  rich_text: (block, context) => h('div', { class: 'text' }, richText(block, context.viewer)),
  markdown: (block) => h('div', { class: 'text markdown' }, markdown(String(block.text ?? ''))),
  table,
  video,
};

/**
 * showBlocks keeps the children of parent in step with blocks. The context
 * says whose eyes (viewer), what a click names (target), under which key typed
 * values are kept (surface), and for a form the errors by block_id.
 */
export function showBlocks(parent, blocks, context) {
  const seen = new Map();
  sync(parent, (blocks ?? []).map((block) => {
    const id = block.block_id ?? block.type;
    const turn = seen.get(id) ?? 0;
    seen.set(id, turn + 1);
    const complaint = context.errors?.get(block.block_id) ?? '';
    return { key: `${id}#${turn}`, signature: JSON.stringify(block) + complaint, make: () => one(block, context) };
  }));
}

function one(block, context) {
  const make = Object.hasOwn(makers, block.type) ? makers[block.type] : unknown;
  const node = make(block, context);
  node.classList.add('block', `block-${block.type}`);
  if (block.block_id) node.dataset.block = block.block_id;
  return node;
}

function unknown(block) {
  return h('p', { class: 'unknown' }, `This page does not show blocks of the kind “${block.type}”.`);
}

function section(block, context) {
  return h('div', {},
    h('div', { class: 'section-main' },
      block.text ? h('div', { class: 'text' }, textObject(block.text, context.viewer)) : null,
      block.fields ? h('div', { class: 'fields' }, block.fields.map((field) => h('div', { class: 'text' }, textObject(field, context.viewer)))) : null),
    block.accessory ? h('div', { class: `accessory accessory-${block.accessory.type}` }, accessory(block, context)) : null);
}

function accessory(block, context) {
  return block.accessory.type === 'image' ? picture(block.accessory, 'picture thumb') : element(block.accessory, block, context);
}

function header(block, context) {
  return h(`h${Math.min(6, 2 + (block.level ?? 1))}`, {}, textObject(block.text, context.viewer));
}

function contextBlock(block, context) {
  return h('div', {}, (block.elements ?? []).map((it) => (it.type === 'image' ? picture(it, 'picture tiny') : h('span', { class: 'text' }, textObject(it, context.viewer)))));
}

function actions(block, context) {
  return h('div', {}, (block.elements ?? []).map((it) => element(it, block, context)));
}

function image(block, context) {
  return h('figure', {}, block.title ? h('figcaption', {}, textObject(block.title, context.viewer)) : null, picture(block, 'picture large'));
}

function video(block, context) {
  const href = safeUrl(block.title_url ?? '');
  return h('figure', {},
    h('figcaption', {}, href ? anchor(href, words(block.title)) : textObject(block.title, context.viewer)),
    picture({ image_url: block.thumbnail_url, alt_text: block.alt_text }, 'picture large'));
}

function input(block, context) {
  const label = freshId('label');
  const note = freshId('note');
  const complaint = context.errors?.get(block.block_id);
  const described = block.hint || complaint ? note : null;
  const control = element(block.element, block, { ...context, labelledBy: label, describedBy: described });
  if (complaint) {
    for (const field of control.matches('input, textarea, button, [role]') ? [control] : control.querySelectorAll('input')) field.setAttribute('aria-invalid', 'true');
  }
  return h('div', { class: complaint ? 'invalid' : null },
    h('div', { class: 'input-label', id: label }, textObject(block.label, context.viewer), block.optional ? h('span', { class: 'optional' }, ' (optional)') : null),
    control,
    described ? h('div', { id: note, class: 'input-note' },
      complaint ? h('p', { class: 'complaint' }, complaint) : null,
      block.hint ? h('p', { class: 'hint' }, textObject(block.hint, context.viewer)) : null) : null);
}

function table(block, context) {
  const [head = [], ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cell = (tag) => (it, column) => {
    const align = ['center', 'right'].includes(settings[column]?.align) ? settings[column].align : 'left';
    return h(tag, { class: `align-${align}${settings[column]?.is_wrapped ? '' : ' nowrap'}`, scope: tag === 'th' ? 'col' : null }, cellContent(it, context));
  };
  return h('div', { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    h('table', {}, h('thead', {}, h('tr', {}, head.map(cell('th')))), h('tbody', {}, rows.map((row) => h('tr', {}, row.map(cell('td')))))));
}

function cellContent(it, context) {
  if (it?.type === 'rich_text') return richText(it, context.viewer);
  return String(it?.text ?? it?.value ?? '');
}
