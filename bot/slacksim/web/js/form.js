// What a person has typed and chosen in an app's controls but not yet sent,
// kept apart from the elements so that it survives a repaint. As in the real
// thing it belongs to block_id and action_id: an app that wants a menu to
// forget its choice must give the block a new id.

const surfaces = new Map();
const most = 500;

function fieldsOf(surface) {
  if (!surfaces.has(surface)) {
    if (surfaces.size >= most) surfaces.delete(surfaces.keys().next().value);
    surfaces.set(surface, new Map());
  }
  return surfaces.get(surface);
}

const keyOf = (block, element) => `${block.block_id ?? ''}/${element.action_id ?? ''}`;

/** remembered is a control's value on a surface, or what the app set it to. */
export function remembered(surface, block, element) {
  const fields = surfaces.get(surface);
  const key = keyOf(block, element);
  return fields?.has(key) ? fields.get(key) : initial(element);
}

/** begin gives a control that nobody has touched the conversation that Slack starts it with. */
export function begin(surface, block, element, state) {
  if (!element.default_to_current_conversation || fieldsOf(surface).has(keyOf(block, element))) return;
  const here = state?.[block.block_id]?.[element.action_id];
  const id = here?.selected_conversation;
  const ids = here?.selected_conversations;
  if (ids?.length) remember(surface, block, element, ids.map((value) => ({ value })));
  else if (id) remember(surface, block, element, { value: id });
}

export function remember(surface, block, element, value) {
  fieldsOf(surface).set(keyOf(block, element), value);
}

// A choice is kept as {value, label}, since the options of an external menu
// are gone once it has closed.
const choiceOf = (option) => ({ value: option.value, label: option.text });

/** initial is the value that the app gave a control. */
function initial(element) {
  const ids = (list) => (list ?? []).map((id) => ({ value: id }));
  switch (element.type) {
    case 'static_select': case 'external_select': case 'radio_buttons':
      return element.initial_option ? choiceOf(element.initial_option) : null;
    case 'multi_static_select': case 'multi_external_select': case 'checkboxes':
      return (element.initial_options ?? []).map(choiceOf);
    case 'users_select': return one(element.initial_user);
    case 'channels_select': return one(element.initial_channel);
    case 'conversations_select': return one(element.initial_conversation);
    case 'multi_users_select': return ids(element.initial_users);
    case 'multi_channels_select': return ids(element.initial_channels);
    case 'multi_conversations_select': return ids(element.initial_conversations);
    case 'datepicker': return element.initial_date ?? '';
    case 'timepicker': return element.initial_time ?? '';
    case 'datetimepicker': return element.initial_date_time ?? null;
    default: return element.initial_value ?? '';
  }
}

const one = (id) => (id ? { value: id } : null);

/** wire is a value as an act names it: text, number, list, or null for nothing. */
export function wire(value) {
  if (Array.isArray(value)) return value.map((choice) => choice.value);
  if (value?.type === 'rich_text') return value;
  if (value && typeof value === 'object') return value.value;
  return value === '' || value === undefined ? null : value;
}

/** isEmpty tells whether a required control still waits for its person. */
export function isEmpty(value) {
  const sent = wire(value);
  return sent === null || (Array.isArray(sent) && sent.length === 0);
}
