// Times as Slack writes them: message stamps and the tokens of
// <!date^unix^format|fallback>, always in the viewer's zone.

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const formatters = new Map();

function parts(unix, zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat('en-US', { timeZone: zone, ...options }));
  const found = {};
  for (const part of formatters.get(key).formatToParts(unix * 1000)) found[part.type] = part.value;
  return found;
}

function ordinal(number) {
  const teen = number % 100 >= 11 && number % 100 <= 13;
  return number + (teen ? 'th' : ['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
}

const ymd = { year: 'numeric', month: '2-digit', day: '2-digit' };

/** dayOf is the calendar day, "2026-11-22", that a time falls on in a zone. */
export function dayOf(unix, zone) {
  const p = parts(unix, zone, ymd);
  return `${p.year}-${p.month}-${p.day}`;
}

function clock(unix, zone, seconds) {
  const options = { hour: 'numeric', minute: '2-digit', hour12: true };
  if (seconds) options.second = '2-digit';
  const p = parts(unix, zone, options);
  return `${p.hour}:${p.minute}${seconds ? `:${p.second}` : ''} ${p.dayPeriod}`;
}

function long(unix, zone, weekday) {
  const p = parts(unix, zone, { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' });
  return `${weekday ? `${p.weekday}, ` : ''}${p.month} ${ordinal(Number(p.day))}, ${p.year}`;
}

function short(unix, zone) {
  const p = parts(unix, zone, { year: 'numeric', month: 'short', day: 'numeric' });
  return `${p.month} ${p.day}, ${p.year}`;
}

/** nearby is yesterday, today or tomorrow, or nothing further away. */
function nearby(unix, zone, now) {
  const days = (Date.parse(dayOf(unix, zone)) - Date.parse(dayOf(now, zone))) / (day * 1000);
  return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days];
}

const steps = [['second', 1], ['minute', minute], ['hour', hour], ['day', day], ['month', 30 * day], ['year', 365 * day]];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** ago is a time relative to now, rounded towards now: "in 2 hours", "3 minutes ago". */
export function ago(unix, now) {
  const distance = unix - now;
  const [unit, size] = steps.findLast(([, length]) => Math.abs(distance) >= length) ?? steps[0];
  return relative.format(Math.trunc(distance / size), unit);
}

const tokens = {
  date_num: dayOf,
  date_slash: (unix, zone) => dayOf(unix, zone).replaceAll('-', '/'),
  date: (unix, zone) => long(unix, zone, false),
  date_short: short,
  date_long: (unix, zone) => long(unix, zone, true),
  date_long_full: (unix, zone) => long(unix, zone, true),
  date_pretty: (unix, zone, now) => nearby(unix, zone, now) ?? long(unix, zone, false),
  date_short_pretty: (unix, zone, now) => nearby(unix, zone, now) ?? short(unix, zone),
  date_long_pretty: (unix, zone, now) => nearby(unix, zone, now) ?? long(unix, zone, true),
  day_divider_pretty: (unix, zone, now) => nearby(unix, zone, now) ?? long(unix, zone, true),
  time: (unix, zone) => clock(unix, zone, false),
  time_secs: (unix, zone) => clock(unix, zone, true),
  ago: (unix, zone, now) => ago(unix, now),
};

/** seconds is the present in Unix seconds. */
export const seconds = () => Date.now() / 1000;

/**
 * written fills a date format for a zone. It is null where the stamp is no
 * time or the format holds no token or an unknown one: the fallback's case.
 */
export function written(unix, format, zone, now = seconds()) {
  if (!Number.isFinite(unix) || Math.abs(unix) > 8.64e12) return null;
  const names = [...format.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  if (names.length === 0 || names.some((name) => !Object.hasOwn(tokens, name))) return null;
  return format.replace(/\{(\w+)\}/g, (_, name) => tokens[name](unix, zone, now));
}

/** timeNode is a <time> that retell keeps true as time goes by. */
export function timeNode(unix, format, zone, fallback) {
  const node = document.createElement('time');
  const text = written(unix, format, zone);
  node.textContent = text ?? fallback;
  if (text === null) return node;
  node.dateTime = new Date(unix * 1000).toISOString();
  node.title = written(unix, '{date_long} at {time_secs}', zone);
  Object.assign(node.dataset, { unix, format, zone });
  return node;
}

/** retell rewrites the times on screen that read differently by now. */
export function retell() {
  const now = seconds();
  for (const node of document.querySelectorAll('time[data-format]')) {
    const text = written(Number(node.dataset.unix), node.dataset.format, node.dataset.zone, now);
    if (text !== null && node.textContent !== text) node.textContent = text;
  }
}

function offset(unix, zone) {
  const p = parts(unix, zone, { ...ymd, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) / 1000 - Math.trunc(unix);
}

/** unixOf reads "2026-11-22T09:30" as a wall clock's time in a zone. */
export function unixOf(local, zone) {
  const naive = Date.parse(`${local}Z`) / 1000;
  if (!Number.isFinite(naive)) return null;
  const guess = naive - offset(naive, zone);
  return naive - offset(guess, zone);
}

/** localOf writes a time as the wall clock of a zone shows it, for datetime inputs. */
export function localOf(unix, zone) {
  const p = parts(unix, zone, { ...ymd, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`;
}
