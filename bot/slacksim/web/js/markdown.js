// The markdown block: the common subset of Markdown that Slack translates.

import { h } from './dom.js';
import { anchor } from './mrkdwn.js';
import { glyph } from './emoji.js';

/** markdown gives the nodes of a Markdown text. */
export function markdown(text) {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const out = [];
  for (let at = 0; at < lines.length; ) {
    const [node, next] = blockAt(lines, at);
    if (node) out.push(node);
    at = next;
  }
  return out;
}

const bullet = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const startsBlock = (line) => /^(#{1,6}\s|>|```|\s*([-*+]|\d{1,9}[.)])\s)/.test(line) || isRule(line);
const isRule = (line) => /^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line);
const isTable = (lines, at) => lines[at].includes('|') && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? '') && (lines[at + 1] ?? '').includes('-');

function blockAt(lines, at) {
  const line = lines[at];
  if (line.trim() === '') return [null, at + 1];
  if (line.startsWith('```')) return fence(lines, at);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading) return [h(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2])), at + 1];
  if (isRule(line)) return [h('hr', { class: 'divider' }), at + 1];
  if (line.startsWith('>')) return quote(lines, at);
  if (bullet.test(line)) return list(lines, at, indentOf(line));
  if (line.includes('|') && isTable(lines, at)) return table(lines, at);
  return paragraph(lines, at);
}

function fence(lines, at) {
  let end = at + 1;
  while (end < lines.length && !lines[end].startsWith('```')) end += 1;
  return [h('pre', { tabindex: '0' }, h('code', {}, lines.slice(at + 1, end).join('\n'))), end + 1];
}

function quote(lines, at) {
  let end = at;
  while (end < lines.length && lines[end].startsWith('>')) end += 1;
  return [h('blockquote', {}, markdown(lines.slice(at, end).map((line) => line.replace(/^> ?/, '')).join('\n'))), end];
}

const indentOf = (line) => /^\s*/.exec(line)[0].length;

function list(lines, at, indent) {
  const first = bullet.exec(lines[at]);
  const ordered = /\d/.test(first[2]);
  const node = h(ordered ? 'ol' : 'ul', { start: ordered ? parseInt(first[2], 10) : null });
  let end = at;
  while (end < lines.length) {
    const found = bullet.exec(lines[end]);
    if (!found || found[1].length < indent) break;
    if (found[1].length > indent && node.lastChild) {
      const [inner, next] = list(lines, end, found[1].length);
      node.lastChild.append(inner);
      end = next;
      continue;
    }
    node.append(item(found[3]));
    end += 1;
  }
  return [node, end];
}

function item(text) {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(text);
  if (!task) return h('li', {}, inline(text));
  const done = task[1] !== ' ';
  return h('li', { class: 'task' }, h('span', { role: 'img', 'aria-label': done ? 'Done' : 'To do' }, done ? '☑ ' : '☐ '), inline(task[2]));
}

function cells(line) {
  return line.trim().replace(/^\||\|$/g, '').split('|').map((cell) => cell.trim());
}

function table(lines, at) {
  const head = cells(lines[at]);
  const rows = [];
  let end = at + 2;
  while (end < lines.length && lines[end].includes('|')) {
    rows.push(cells(lines[end]));
    end += 1;
  }
  return [h('div', { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    h('table', {}, h('thead', {}, h('tr', {}, head.map((cell) => h('th', { scope: 'col' }, inline(cell))))),
      h('tbody', {}, rows.map((row) => h('tr', {}, row.map((cell) => h('td', {}, inline(cell)))))))), end];
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== '' && !startsBlock(lines[end])) end += 1;
  return [h('p', {}, inline(lines.slice(at, end).join('\n'))), end];
}

// Each rule is tried at each place, in this order; the first that fits wins.
const rules = [
  [/^\\([\\`*_{}[\]()#+\-.!~|>])/, (found) => found[1]],
  [/^`([^`\n]+)`/, (found) => h('code', {}, found[1])],
  [/^!?\[([^\]\n]*)\]\((\S+?)(?:\s+"[^"\n]*")?\)/, (found) => anchor(found[2], found[1] || null)],
  [/^<(https?:\/\/[^\s<>]+)>/, (found) => anchor(found[1])],
  [/^(\*\*|__)(?=\S)([^\n]*?\S)\1/, (found, deep) => h('strong', {}, deep(found[2]))],
  [/^~~(?=\S)([^\n]*?\S)~~/, (found, deep) => h('s', {}, deep(found[1]))],
  [/^\*(?=[^\s*])([^\n]*?[^\s*])\*(?!\*)/, (found, deep) => h('em', {}, deep(found[1]))],
  [/^:([a-z0-9_+-]+):/, (found) => glyph(found[1]) ?? found[0]],
];
const underscored = /^_(?=[^\s_])([^\n]*?[^\s_])_(?![\p{L}\p{N}_])/u;

function inline(text, depth = 0) {
  const out = [];
  let plain = '';
  const deep = (inner) => (depth > 6 ? [inner] : inline(inner, depth + 1));
  for (let at = 0; at < text.length; ) {
    const found = '\\`![<*_~:'.includes(text[at]) ? match(text, at, deep) : null;
    if (found) {
      if (plain) out.push(plain);
      plain = '';
      out.push(found.node);
      at += found.length;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  if (plain) out.push(plain);
  return out;
}

function match(text, at, deep) {
  const rest = text.slice(at, at + 4000);
  for (const [pattern, make] of rules) {
    const found = pattern.exec(rest);
    if (found) return { node: make(found, deep), length: found[0].length };
  }
  const found = /[\p{L}\p{N}]/u.test(text[at - 1] ?? '') ? null : underscored.exec(rest);
  return found && { node: h('em', {}, deep(found[1])), length: found[0].length };
}
