// Slack's mrkdwn as nodes: bold, italic, strike, code, quotes, links,
// mentions, dates, emoji. Text becomes text nodes and never anything else.

import { h } from './dom.js';
import { glyph } from './emoji.js';
import { timeNode } from './dates.js';
import { channels, channelById, groupName, groups, nameOf, zoneOf } from './directory.js';

const styles = { '*': 'strong', _: 'em', '~': 's' };
const wordish = /[\p{L}\p{N}_]/u;

/** unescaped undoes the three escapes that Slack's texts know, and no others. */
function unescaped(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** escaped writes a person's words so that none of them is a control sequence. */
export function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** safeUrl is the address if a browser may open it: http and https, nothing else. */
export function safeUrl(text) {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

/** anchor links to a web address in a new tab; other schemes stay plain text. */
export function anchor(url, label) {
  const href = safeUrl(url);
  if (!href) return h('span', {}, label ?? url);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer', title: href }, label ?? url);
}

export function mention(text, loud) {
  return h('span', { class: loud ? 'mention loud' : 'mention' }, text);
}

/**
 * mrkdwn renders a text for one viewer. With verbatim nothing but written
 * sequences is special; without, web addresses, "@here" and its kin, and the
 * names of channels come alive too, which is why a careful app asks for verbatim.
 */
export function mrkdwn(text, viewer, verbatim = false) {
  const context = { viewer, verbatim, zone: zoneOf(viewer), depth: 0 };
  const out = [];
  const pieces = String(text ?? '').split('```');
  pieces.forEach((piece, index) => {
    const fenced = index % 2 === 1;
    if (fenced && index < pieces.length - 1) {
      out.push(h('pre', { tabindex: '0' }, h('code', {}, asWritten(piece.replace(/^\n/, '')))));
    } else {
      out.push(...paragraphs(fenced ? `\`\`\`${piece}` : piece, context));
    }
  });
  return out;
}

/** spoken is a text without its markup, for announcements and titles. */
export function spoken(text, viewer) {
  return h('div', {}, mrkdwn(text, viewer, true)).textContent;
}

function paragraphs(text, context) {
  const out = [];
  let lines = [];
  let quoting = false;
  const flush = () => {
    if (lines.length === 0) return;
    const content = inline(lines.join('\n'), context);
    out.push(...(quoting ? [h('blockquote', {}, content)] : content));
    lines = [];
  };
  let rest = false;
  for (const line of text.split('\n')) {
    const mark = /^(>>>|&gt;&gt;&gt;|>|&gt;) ?/.exec(line);
    const quote = rest || Boolean(mark);
    if (quote !== quoting) {
      flush();
      quoting = quote;
    }
    lines.push(mark && !rest ? line.slice(mark[0].length) : line);
    rest ||= Boolean(mark) && mark[1].length > 1 && mark[1] !== '&gt;';
  }
  flush();
  return out;
}

/** asWritten shows control sequences inside code by their labels. */
function asWritten(text) {
  return unescaped(text.replace(/<([^<>|\n]+)(?:\|([^<>\n]*))?>/g, (_, target, label) => label || target));
}

function inline(text, context) {
  const out = [];
  let plain = '';
  const put = (node) => {
    if (plain) out.push(unescaped(plain));
    plain = '';
    out.push(node);
  };
  for (let at = 0; at < text.length; ) {
    const found = special(text, at, context);
    if (found) {
      put(found.node);
      at = found.end;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  if (plain) out.push(unescaped(plain));
  return out;
}

function special(text, at, context) {
  switch (text[at]) {
    case '<': return sequence(text, at, context);
    case '`': return code(text, at);
    case ':': return emoji(text, at);
    case '*': case '_': case '~': return styled(text, at, context);
    case '@': case '#': return context.verbatim ? null : loose(text, at);
    case 'h': return context.verbatim ? null : bareLink(text, at);
    default: return null;
  }
}

function code(text, at) {
  const end = text.indexOf('`', at + 1);
  if (end <= at + 1 || text.slice(at, end).includes('\n')) return null;
  return { node: h('code', {}, asWritten(text.slice(at + 1, end))), end: end + 1 };
}

function emoji(text, at) {
  const found = /^:([a-z0-9_+-]+):/.exec(text.slice(at, at + 40));
  const character = found && glyph(found[1]);
  if (!character) return null;
  return { node: h('span', { class: 'emoji', role: 'img', 'aria-label': found[1].replaceAll('_', ' ') }, character), end: at + found[0].length };
}

function styled(text, at, context) {
  const mark = text[at];
  if (context.depth > 8 || wordish.test(text[at - 1] ?? '') || /\s|^$/.test(text[at + 1] ?? '') || text[at + 1] === mark) return null;
  for (let end = at + 2; end < text.length && text[end] !== '\n'; end += 1) {
    const skip = text[end] === '<' ? text.indexOf('>', end) : text[end] === '`' ? text.indexOf('`', end + 1) : -1;
    if (skip > 0) {
      end = skip;
      continue;
    }
    if (text[end] !== mark || /\s/.test(text[end - 1]) || wordish.test(text[end + 1] ?? '')) continue;
    const inner = inline(text.slice(at + 1, end), { ...context, depth: context.depth + 1 });
    return { node: h(styles[mark], {}, inner), end: end + 1 };
  }
  return null;
}

function bareLink(text, at) {
  if (wordish.test(text[at - 1] ?? '')) return null;
  const found = /^https?:\/\/[^\s<>|`]+/.exec(text.slice(at, at + 3000));
  const written = found?.[0].replace(/[.,;:!?)*_~'"]+$/, '');
  if (!written || !safeUrl(unescaped(written))) return null;
  return { node: anchor(unescaped(written)), end: at + written.length };
}

function loose(text, at) {
  if (wordish.test(text[at - 1] ?? '')) return null;
  const word = /^[@#][\p{L}\p{N}_-]+/u.exec(text.slice(at, at + 90))?.[0];
  if (!word) return null;
  const known = word[0] === '@' ? ['@here', '@channel', '@everyone'].includes(word) : channels().some((channel) => `#${channel.name}` === word);
  return known ? { node: mention(word, word[0] === '@'), end: at + word.length } : null;
}

function sequence(text, at, context) {
  const end = text.indexOf('>', at);
  if (end < 0 || text.slice(at + 1, end).includes('<')) return null;
  const body = text.slice(at + 1, end);
  const bar = body.indexOf('|');
  const target = unescaped(bar < 0 ? body : body.slice(0, bar));
  const label = bar < 0 ? '' : unescaped(body.slice(bar + 1));
  return { node: meant(target, label, context), end: end + 1 };
}

function meant(target, label, context) {
  if (target.startsWith('@')) {
    const id = target.slice(1);
    return mention(`@${label || nameOf(id)}`, id === context.viewer);
  }
  if (target.startsWith('#')) return mention(`#${channelById(target.slice(1))?.name || label || target.slice(1)}`);
  if (target.startsWith('!date^')) return date(target, label, context);
  if (target.startsWith('!subteam^')) return group(target.slice('!subteam^'.length), context);
  if (target.startsWith('!')) return mention(label || `@${target.slice(1)}`, true);
  return target ? anchor(target, label || null) : h('span', {}, '<>');
}

// A group is loud to its members, as in the real thing.
function group(id, context) {
  return mention(`@${groupName(id)}`, Boolean(groups().find((it) => it.id === id)?.users.includes(context.viewer)));
}

function date(target, fallback, context) {
  const [, unix, format = '', link] = target.split('^');
  const node = timeNode(/^-?\d+$/.test(unix) ? Number(unix) : NaN, format, context.zone, fallback || target);
  return link && safeUrl(link) ? h('a', { href: safeUrl(link), target: '_blank', rel: 'noopener noreferrer' }, node) : node;
}
