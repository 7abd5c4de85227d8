// What a person does to an app's controls: ask if the app wants it confirmed,
// show that it is under way, tell them when it failed. Nothing is switched off
// meanwhile: a second click is as possible here as anywhere.

import { act } from './live.js';
import { confirmed } from './confirm.js';
import { remember, wire } from './form.js';
import { notify } from './notices.js';

const underWay = new Map();

const actKey = (context, block, element) => `${context.surface}/${block.block_id ?? ''}/${element.action_id ?? ''}/${element.type === 'button' ? element.value ?? '' : ''}`;

/** watch makes a control show whether an act of it is under way. */
export function watch(node, context, block, element) {
  node.dataset.act = actKey(context, block, element);
  if (underWay.has(node.dataset.act)) node.setAttribute('aria-busy', 'true');
  return node;
}

function busy(key, change) {
  const count = (underWay.get(key) ?? 0) + change;
  if (count > 0) underWay.set(key, count);
  else underWay.delete(key);
  for (const node of document.querySelectorAll(`[data-act="${CSS.escape(key)}"]`)) {
    if (count > 0) node.setAttribute('aria-busy', 'true');
    else node.removeAttribute('aria-busy');
  }
}

/**
 * click delivers a control's action with the value this person saw. It gives
 * false when they thought better of it or it was not delivered.
 */
export async function click(context, block, element, value) {
  if (element.confirm && !(await confirmed(element.confirm, context.viewer))) return false;
  const key = actKey(context, block, element);
  busy(key, 1);
  const toDo = { user: context.viewer, do: 'click', ...context.target, block_id: block.block_id, action_id: element.action_id };
  if (value !== undefined) toDo.value = value;
  const answer = await act(toDo);
  busy(key, -1);
  if (!answer.ok) notify(context.viewer, answer.error);
  return Boolean(answer.ok);
}

/** changed keeps a new value and, unless it waits for a form's submit, delivers it. */
export async function changed(it, block, context, value, before) {
  remember(context.surface, block, it, value);
  if (block.type === 'input' && !block.dispatch_action) return;
  const delivered = await click(context, block, it, wire(value));
  if (!delivered && before) before();
}

/** suggest asks the app for the options of an external menu. */
export async function suggest(context, block, element, text) {
  const answer = await act({ user: context.viewer, do: 'suggest', ...context.target, block_id: block.block_id, action_id: element.action_id, text });
  if (!answer.ok) {
    notify(context.viewer, answer.error);
    return [];
  }
  const { options = [], option_groups: groups } = answer.response ?? {};
  return groups ?? [{ options }];
}
