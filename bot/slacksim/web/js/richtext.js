// rich_text blocks: sections, lists, quotes and preformatted text.

import { h } from './dom.js';
import { glyph } from './emoji.js';
import { timeNode } from './dates.js';
import { channelById, groupName, groups, nameOf, zoneOf } from './directory.js';
import { anchor, mention } from './mrkdwn.js';

/** richText gives the nodes of a rich_text block for a viewer. */
export function richText(block, viewer) {
  return (block.elements ?? []).map((part) => container(part, viewer));
}

function container(part, viewer) {
  const inside = () => (part.elements ?? []).map((it) => leaf(it, viewer));
  switch (part.type) {
    case 'rich_text_list': return list(part, viewer);
    case 'rich_text_quote': return h('blockquote', {}, inside());
    case 'rich_text_preformatted': return h('pre', { tabindex: '0' }, h('code', {}, inside()));
    default: return h('div', { class: 'rich-section' }, inside());
  }
}

function list(part, viewer) {
  const ordered = part.style === 'ordered';
  const indent = Math.min(Math.max(0, part.indent ?? 0), 8);
  const items = (part.elements ?? []).map((item) => h('li', {}, container(item, viewer)));
  return h(ordered ? 'ol' : 'ul', { class: `indent-${indent}`, start: ordered && part.offset ? part.offset + 1 : null }, items);
}

function leaf(it, viewer) {
  return styled(bare(it, viewer), it.style ?? {});
}

function bare(it, viewer) {
  switch (it.type) {
    case 'text': return String(it.text ?? '');
    case 'link': return anchor(it.url, it.text || null);
    case 'user': return mention(`@${nameOf(it.user_id)}`, it.user_id === viewer);
    case 'usergroup': return mention(`@${groupName(it.usergroup_id)}`, Boolean(groups().find((group) => group.id === it.usergroup_id)?.users.includes(viewer)));
    case 'channel': return mention(`#${channelById(it.channel_id)?.name ?? it.channel_id}`);
    case 'broadcast': return mention(`@${it.range}`, true);
    case 'emoji': return glyph(it.name) ?? `:${it.name}:`;
    case 'date': return timeNode(Number(it.timestamp), it.format ?? '', zoneOf(viewer), it.fallback ?? String(it.timestamp));
    case 'color': return h('code', {}, it.value);
    default: return `[${it.type}]`;
  }
}

function styled(node, style) {
  let out = node;
  for (const [name, tag] of [['code', 'code'], ['bold', 'strong'], ['italic', 'em'], ['strike', 's'], ['underline', 'u']]) {
    if (style[name]) out = h(tag, {}, out);
  }
  return out;
}
