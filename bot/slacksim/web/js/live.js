// The wire to the stand-in: what people do goes out through /sim/act, what
// changed is told by /sim/events and then read from /sim/state.

import { learnState, learnWorkspace } from './directory.js';

// Bursts of changes are read together; the state is one document.
const pause = 120;

let changed = () => {};
let reading = null;
let stale = false;
let waiting = null;

async function getJSON(path) {
  const answer = await fetch(path, { cache: 'no-store' });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

/** start reads the workspace, then follows it for as long as the page is open. */
export async function start(onChange, onLink) {
  changed = onChange;
  learnWorkspace(await getJSON('/sim/workspace'));
  learnState(await getJSON('/sim/state'));
  changed();
  follow(onLink);
}

function follow(onLink) {
  const events = new EventSource('/sim/events');
  events.addEventListener('open', () => onLink(true));
  events.addEventListener('error', () => onLink(false));
  events.addEventListener('message', soon);
}

function soon() {
  if (waiting) return;
  waiting = setTimeout(() => {
    waiting = null;
    refresh().catch(() => {});
  }, pause);
}

/** refresh reads the state now. Calls that overlap share one more reading. */
export function refresh() {
  stale = true;
  reading ??= (async () => {
    try {
      while (stale) {
        stale = false;
        learnState(await getJSON('/sim/state'));
        changed();
      }
    } finally {
      reading = null;
    }
  })();
  return reading;
}

/**
 * act does what a person does and gives the stand-in's answer. It never
 * throws: a lost connection is an answer with ok false as well.
 */
export async function act(toDo) {
  let answer;
  try {
    const reply = await fetch('/sim/act', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(toDo),
    });
    answer = await reply.json();
    if (!reply.ok) answer = { ...answer, ok: false, error: answer.error || `answer ${reply.status}` };
  } catch {
    answer = { ok: false, error: 'no_connection' };
  }
  await refresh().catch(() => {});
  return answer;
}
