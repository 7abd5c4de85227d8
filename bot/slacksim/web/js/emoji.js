// The common shortcodes. Others are shown as they were written, which is
// also what an unknown shortcode does in the real thing.

const glyphs = {
  '+1': '👍', '-1': '👎', alarm_clock: '⏰', arrow_right: '➡️', ballot_box_with_check: '☑️', bangbang: '‼️', bar_chart: '📊',
  bell: '🔔', bulb: '💡', calendar: '📆', camera: '📷', chart_with_upwards_trend: '📈', clapper: '🎬', clipboard: '📋',
  clock1: '🕐', date: '📅', email: '📧', envelope: '✉️', exclamation: '❗', eyes: '👀', fire: '🔥', gear: '⚙️', gift: '🎁',
  grey_question: '❔', hammer_and_wrench: '🛠️', heart: '❤️', heavy_check_mark: '✔️', hourglass: '⌛', hourglass_flowing_sand: '⏳',
  house: '🏠', inbox_tray: '📥', information_source: 'ℹ️', label: '🏷️', large_blue_circle: '🔵', large_green_circle: '🟢',
  large_orange_circle: '🟠', large_yellow_circle: '🟡', leftwards_arrow_with_hook: '↩️', link: '🔗', lock: '🔒', mag: '🔍',
  mega: '📣', memo: '📝', money_with_wings: '💸', moneybag: '💰', movie_camera: '🎥', no_entry: '⛔', no_entry_sign: '🚫',
  outbox_tray: '📤', package: '📦', party_popper: '🎉', pencil: '📝', pencil2: '✏️', point_right: '👉', pray: '🙏', pushpin: '📌',
  question: '❓', raised_hands: '🙌', recycle: '♻️', red_circle: '🔴', repeat: '🔁', rocket: '🚀', rotating_light: '🚨',
  shopping_bags: '🛍️', slightly_smiling_face: '🙂', smile: '😄', sparkles: '✨', speech_balloon: '💬', star: '⭐', star2: '🌟',
  stopwatch: '⏱️', sunny: '☀️', sunrise: '🌅', tada: '🎉', thinking_face: '🤔', thumbsdown: '👎', thumbsup: '👍', truck: '🚚',
  video_camera: '📹', warning: '⚠️', wastebasket: '🗑️', wave: '👋', white_check_mark: '✅', white_circle: '⚪', x: '❌', zap: '⚡',
};

/** glyph is an emoji's character, or undefined for a name we do not know. */
export function glyph(name) {
  return Object.hasOwn(glyphs, name) ? glyphs[name] : undefined;
}

/** withEmoji replaces the known shortcodes of a plain text. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (written, name) => glyph(name) ?? written);
}
