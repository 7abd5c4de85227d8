// The strip of the demo's page. What came about is read from the server, which
// reads it from the workspace; nothing is ticked because something was pressed.

const part = (id) => document.getElementById(id);
const rows = ['steps', 'more'].map(part);
const items = [...document.querySelectorAll('.steps > [data-step]')];
const tabs = [...document.querySelectorAll('.tabs button')];

// Bursts of changes are read together.
const pause = 150;

let done = null;
let events = null;
let waiting = null;

const nameOf = (item) => item.querySelector('button').textContent;
const open = (item) => !done?.[item.dataset.step];

/** nextItem is the first step that is left, in the row where something came about if there is one. */
const nextItem = (row) => items.find((item) => item.parentNode === row && open(item)) ?? items.find(open);

/** show opens the sentence of one step in its row, or the last words when there is none left. */
function show(chosen) {
  if (chosen) for (const row of rows) row.hidden = row !== chosen.parentNode;
  for (const item of items) {
    item.classList.toggle('shown', item === chosen);
    item.querySelector('button').setAttribute('aria-expanded', String(item === chosen));
  }
  part('end').hidden = Boolean(chosen);
  for (const tab of tabs) tab.classList.toggle('wanted', tab.dataset.pane === chosen?.dataset.pane);
}

function tick(now) {
  const fresh = items.filter((item) => now[item.dataset.step] && !done?.[item.dataset.step]);
  const first = done === null;
  done = now;
  for (const item of items) {
    const yes = Boolean(done[item.dataset.step]);
    item.classList.toggle('done', yes);
    item.querySelector('button').setAttribute('aria-label', yes ? `${nameOf(item)}, done` : nameOf(item));
  }
  if (fresh.length === 0 && !first) return;
  const next = nextItem(fresh.at(-1)?.parentNode);
  show(next);
  if (!first) part('news').textContent = `Done: ${fresh.map(nameOf).join(', ')}. ${next ? `Next: ${nameOf(next)}.` : 'That is everything.'}`;
}

async function look() {
  waiting = null;
  try {
    const answer = await fetch('/demo/steps');
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    tick(await answer.json());
    part('away').hidden = true;
  } catch {
    part('away').hidden = false;
  }
}

const soon = () => { waiting ??= setTimeout(look, pause); };

// A page that nobody sees lets go of its stream: a browser keeps but a few
// connections open to one address.
function follow() {
  if (document.hidden === (events === null)) return;
  if (document.hidden) {
    events.close();
    events = null;
    return;
  }
  events = new EventSource('/sim/events');
  events.addEventListener('message', soon);
  events.addEventListener('error', () => { part('away').hidden = false; });
}

/** turn shows one of the two where there is room for one only. */
function turn(pane) {
  part('panes').dataset.shown = pane;
  for (const tab of tabs) tab.setAttribute('aria-pressed', String(tab.dataset.pane === pane));
}

// Where it is folded is forgotten with the window.
function fold(away) {
  document.body.classList.toggle('folded', away);
  part('guide').hidden = away;
  part('fold').setAttribute('aria-expanded', String(!away));
  part('fold').textContent = away ? 'Show the guide' : 'Hide the guide';
  try {
    sessionStorage.setItem('folded', away ? 'yes' : '');
  } catch { /* a browser that keeps nothing still folds */ }
}

function wasFolded() {
  try {
    return sessionStorage.getItem('folded') === 'yes';
  } catch {
    return false;
  }
}

/** offerToCopy shows the buttons that copy what is to be typed, where the browser lets a page do that. */
function offerToCopy() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        part('news').textContent = button.textContent = 'Copied';
        setTimeout(() => { button.textContent = 'Copy'; }, 2000);
      } catch {
        button.hidden = true;
      }
    });
  }
}

// On a phone the first thing to see is a whole card, and not the end of the channel below it.
function showACard(tries) {
  if (!matchMedia('(max-width: 60rem)').matches || tries === 0) return;
  const pane = document.querySelector('#slack iframe').contentDocument;
  const cards = [...pane?.querySelectorAll('#main .message') ?? []].filter((message) => message.querySelector('[data-action="approve"]'));
  if (cards.length > 0) cards.at(-1).scrollIntoView({ block: 'start' });
  // The channel goes on to its end until its pictures are there.
  setTimeout(() => showACard(cards.length > 0 ? Math.min(tries, 6) - 1 : tries - 1), 300);
}

// Time passes at a click, and what the desk makes of it is seen in Slack.
part('advance').addEventListener('click', async ({ target }) => {
  target.disabled = true;
  try {
    const answer = await fetch('/demo/advance', { method: 'POST' });
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    part('news').textContent = '24 hours have passed.';
    turn('slack');
  } catch {
    part('away').hidden = false;
  }
  target.disabled = false;
});
for (const item of items) item.querySelector('button').addEventListener('click', () => show(item));
for (const button of document.querySelectorAll('[data-row]')) {
  button.addEventListener('click', () => {
    const row = part(button.dataset.row);
    show(nextItem(row)?.parentNode === row ? nextItem(row) : row.querySelector('[data-step]'));
    row.querySelector('.shown button').focus();
  });
}
for (const tab of tabs) tab.addEventListener('click', () => turn(tab.dataset.pane));
for (const link of document.querySelectorAll('.guide a')) link.addEventListener('click', () => turn(link.hash.slice(1)));
part('fold').addEventListener('click', () => fold(!part('guide').hidden));
document.addEventListener('visibilitychange', follow);

for (const row of rows) row.classList.add('live');
offerToCopy();
show(items[0]);
fold(wasFolded());
follow();
look();
showACard(60);
