// Menus with one choice or several: fixed options, options that the app looks
// up, people, channels. All open the same list (menu.js).

import { h, icon } from './dom.js';
import { channels, nameOf, people, personById, titleOf, channelById } from './directory.js';
import { changed, suggest, watch } from './acts.js';
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
      anchor: node, name, multiple, most: it.max_selected_items, chosen: listed(before), ...source(it, block, kind, context),
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
  label.replaceChildren(...(choices.length === 0 ? [placeholder] : choices.map((choice) => h('span', { class: 'choice' }, choice.label ? textObject(choice.label, context.viewer) : idText(choice.value, context.viewer)))));
}

function idText(id, viewer) {
  const channel = channelById(id);
  if (channel?.is_im) return titleOf(channel, viewer);
  return channel ? `#${channel.name}` : `@${nameOf(id)}`;
}

function source(it, block, kind, context) {
  if (kind === 'external_select') return { load: async (text) => load(it, block, text, context) };
  if (kind === 'static_select') return { groups: optionGroups(it.option_groups ?? [{ options: it.options ?? [] }], context) };
  if (kind === 'users_select') return { groups: [{ options: people().filter((person) => !person.deleted).map((person) => plain(person.id, person.name, person.role)) }] };
  const title = (channel) => (channel.is_im ? titleOf(channel, context.viewer) : `#${channel.name}`);
  return { groups: [{ options: offered(it, kind, context.viewer).map((channel) => plain(channel.id, title(channel), channel.is_private ? 'private' : '')) }] };
}

// The channels and conversations that a menu lists: those that are public, and those of theirs that the app's filter lets through.
function offered(it, kind, viewer) {
  const kindOf = (channel) => (channel.is_im ? 'im' : channel.is_private ? 'private' : 'public');
  const include = kind === 'channels_select' ? ['public'] : it.filter?.include;
  const shared = (channel) => channel.members?.some((id) => personById(id)?.is_stranger);
  return channels().filter((channel) => !channel.is_archived
    && (kindOf(channel) === 'public' || channel.members?.includes(viewer))
    && (!include || include.includes(kindOf(channel)))
    && !(it.filter?.exclude_external_shared_channels && shared(channel))
    && !(it.filter?.exclude_bot_users && channel.is_im));
}

async function load(it, block, text, context) {
  const needed = it.min_query_length ?? 3;
  if ([...text].length < needed) return { groups: [], note: `Type ${needed} or more letters` };
  return { groups: optionGroups(await suggest(context, block, it, text), context) };
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
