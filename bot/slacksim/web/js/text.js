// Text objects: plain_text and mrkdwn.

import { withEmoji } from './emoji.js';
import { mrkdwn } from './mrkdwn.js';

/** textObject gives the nodes of a text object (or of a bare string) for a viewer. */
export function textObject(text, viewer) {
  if (text === null || text === undefined) return [];
  if (typeof text === 'string') return [text];
  if (text.type === 'mrkdwn') return mrkdwn(text.text, viewer, text.verbatim === true);
  return [text.emoji === false ? String(text.text ?? '') : withEmoji(String(text.text ?? ''))];
}

/** words is a text object as a search or a label reads it. */
export function words(text) {
  return typeof text === 'string' ? text : String(text?.text ?? '');
}
