// Pictures of messages, the only thing this page fetches from elsewhere.

import { h } from './dom.js';
import { safeUrl } from './mrkdwn.js';

/** fileAddress is where the workspace serves one of its files. */
export const fileAddress = (id) => new URL(`/files/${encodeURIComponent(id)}`, location.href).href;

function source(it) {
  if (it.image_url) return it.image_url;
  const file = it.slack_file ?? {};
  return file.id ? fileAddress(file.id) : file.url ?? '';
}

/**
 * picture shows an image block or element. One that cannot be had leaves its
 * words in a neutral box of the same place.
 */
export function picture(it, kind) {
  const alt = String(it.alt_text ?? '');
  const frame = h('span', { class: kind });
  const missing = () => frame.replaceChildren(h('span', { class: 'picture-missing', role: 'img', 'aria-label': alt || 'Picture', title: alt || null }, h('span', {}, alt || 'Picture')));
  const src = safeUrl(source(it));
  if (!src) {
    missing();
    return frame;
  }
  const image = h('img', { src, alt, decoding: 'async', referrerpolicy: 'no-referrer', title: alt || null });
  image.addEventListener('error', missing, { once: true });
  frame.append(image);
  return frame;
}
