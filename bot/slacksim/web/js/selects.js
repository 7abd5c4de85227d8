// Menus with one choice or several: fixed options, options that the app looks
// up, people, channels. All open the same list (menu.js).

import { h, icon } from './dom.js';
import { channelsOf, nameOf, people, titleOf, channelById } from './directory.js';
import { changed, suggest, watch } from './deeds.js';
import { remember, remembered } from './form.js';
import { openMenu } from './menu.js';
import { textObject, words } from './text.js';

const kinds = ['static_select', 'external_select', 'users_select', 'channels_select', 'conversations_select'];

/** selectors maps each select's type, single and multi, to its maker. */
export const selectors = Object.fromEntries(kinds.flatMap((kind) => [
  [kind, (it, block, context) => select(it, block, context, kind, false)],
  [`multi_${kind}`, (it, block, context) => select(it, block, context, kind, true)],
]));

function select(it, block, context, kind, multiple) {
  const label = h('span', { class: 'select-text' });
  const node = h('button', {
    type: 'button', class: `select${multiple ? ' wide' : ''}`, 'aria-haspopup': 'listbox', 'aria-expanded': 'false',
    'data-focus': it.action_id, 'data-action': it.action_id, 'aria-describedby': context.describedBy,
  }, label, icon('down'));
  const name = words(it.placeholder) || (multiple ? 'Choose some' : 'Choose');
  const paint = () => show(label, listed(remembered(context.surface, block, it)), name, context);
  paint();
  if (context.labelledBy) {
    label.id = `${context.labelledBy}-value`;
    node.setAttribute('aria-labelledby', `${context.labelledBy} ${label.id}`);
  }
  node.addEventListener('click', () => {
    const before = remembered(context.surface, block, it);
    openMenu({
      anchor: node, name, multiple, most: it.max_selected_items, chosen: listed(before), ...source(it, kind, context),
      picked: (choice) => {
        if (multiple && same(choice, before)) return;
        changed(it, block, context, choice, () => {
          remember(context.surface, block, it, before);
          repaint(node, paint);
        });
        paint();
      },
    });
  });
  return watch(node, context, block, it);
}

const listed = (value) => (Array.isArray(value) ? value : value ? [value] : []);

const same = (a, b) => a.length === listed(b).length && a.every((choice) => listed(b).some((other) => other.value === choice.value));

// A refused choice falls back to the old one if its menu is still on screen.
function repaint(node, paint) {
  if (node.isConnected) paint();
}

function show(label, choices, placeholder, context) {
  label.classList.toggle('placeholder', choices.length === 0);
  label.replaceChildren(...(choices.length === 0 ? [placeholder] : choices.map((choice) => h('span', { class: 'choice' }, choice.label ? textObject(choice.label, context.viewer) : idText(choice.value)))));
}

function idText(id) {
  const channel = channelById(id);
  return channel ? `#${channel.name}` : `@${nameOf(id)}`;
}

function source(it, kind, context) {
  if (kind === 'external_select') return { load: async (text) => load(it, text, context) };
  if (kind === 'static_select') return { groups: optionGroups(it.option_groups ?? [{ options: it.options ?? [] }], context) };
  const groups = [];
  const seen = channelsOf(context.viewer).filter((channel) => !channel.is_im);
  if (kind !== 'users_select') groups.push({ label: 'Channels', options: seen.map((channel) => plain(channel.id, `#${titleOf(channel, context.viewer)}`)) });
  if (kind !== 'channels_select') groups.push({ label: 'People', options: people().map((person) => plain(person.id, person.name, person.role)) });
  return { groups: groups.length === 1 ? [{ options: groups[0].options }] : groups };
}

async function load(it, text, context) {
  const needed = it.min_query_length ?? 3;
  if ([...text].length < needed) return { groups: [], note: `Type ${needed} or more letters` };
  return { groups: optionGroups(await suggest(context, it, text), context) };
}

const plain = (value, name, detail) => ({ value, words: name, label: () => name, detail: detail ? () => detail : null, choice: { value } });

function optionGroups(groups, context) {
  return groups.map((group) => ({
    label: words(group.label),
    options: (group.options ?? []).map((option) => ({
      value: option.value,
      words: `${words(option.text)} ${words(option.description)}`,
      label: () => textObject(option.text, context.viewer),
      detail: option.description ? () => textObject(option.description, context.viewer) : null,
      choice: { value: option.value, label: option.text },
    })),
  }));
}
