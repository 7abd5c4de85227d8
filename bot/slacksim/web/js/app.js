// The page's beginning and its one way of drawing: whatever changes (the
// workspace, the address, the person), draw() brings everything in step.

import { retell } from './dates.js';
import { bot, channelFor, channelsOf, homeChannel, people, personById } from './directory.js';
import { reveal, showChannel, showThread } from './conversation.js';
import { h, sync } from './dom.js';
import { showHome, visit } from './home.js';
import { refresh, start } from './live.js';
import { closeMenu } from './menu.js';
import { showModal } from './modals.js';
import { clearOthers } from './notices.js';
import { go, home, readAddress, session, settle } from './session.js';
import { showPeople, showSidebar, showTeam, unreadIn } from './sidebar.js';
import { isApp } from './tabs.js';

const part = (id) => document.getElementById(id);
const clockTick = 5000;

let visited = '';
let drawn = { person: '', thread: '' };

function draw() {
  choosePlace();
  const { person, place, thread } = session;
  if (person !== drawn.person) clearOthers(person);
  const channel = channelFor(person, place);
  showTeam(part('team'));
  showPeople(part('person'), person);
  if (place === home) showHome(part('main'), person);
  else if (channel) showChannel(part('main'), person, channel);
  else showNowhere();
  showThread(part('thread'), person, channel, channel ? thread : '');
  showSidebar(part('places'), person);
  showModal(person);
  const unread = unreadIn(person);
  document.title = `${unread ? `(${unread}) ` : ''}${place === home ? 'Home' : channel?.name ?? 'Workspace'} · ${part('team').textContent}`;
  document.body.classList.toggle('in-thread', Boolean(channel && thread));
  opened(person, place);
  if (thread && thread !== drawn.thread && drawn.person) part('thread').querySelector('textarea')?.focus();
  drawn = { person, thread };
}

// Each look at one of the app's tabs is told to the app once.
function opened(person, place) {
  const tab = place === home ? 'home' : isApp(person, place) ? 'messages' : '';
  const visitor = tab && `${person}/${tab}`;
  if (visitor && visitor !== visited) visit(person, tab);
  visited = visitor;
}

// An address may name a person or place that is not (or no longer) there.
function choosePlace() {
  const person = personById(session.person) ? session.person : people()[0]?.id ?? '';
  const mine = channelsOf(person);
  if (session.place === home || mine.some((channel) => channel.id === session.place)) {
    if (person !== session.person) settle({ person });
    return;
  }
  const opened = session.place === bot().user_id && mine.find((channel) => channel.is_im);
  const first = opened || (mine.find((channel) => channel.id === homeChannel()) ?? mine[0]);
  settle({ person, place: first?.id ?? '', thread: '' });
}

function showNowhere() {
  sync(part('main'), [{
    key: 'nowhere', signature: '',
    make: () => h('div', { class: 'empty' }, h('p', {}, 'This person is in no channel.'), h('p', {}, 'Choose somebody else at “Seen as”, or look at the app’s Home.')),
  }]);
}

function moved() {
  closeMenu();
  drawer(false);
  draw();
}

// Back, forward, or an address typed by hand.
function travelled() {
  if (leadFromAddress()) return;
  readAddress();
  moved();
}

function drawer(open) {
  document.body.classList.toggle('drawer-open', open);
  part('drawer').setAttribute('aria-expanded', String(open));
  if (open) part('places').querySelector('button')?.focus();
}

// A permalink of this workspace leads to its message in this window.
function permalink(event) {
  const link = event.target.closest?.('a[href]');
  const found = link && link.origin === location.origin && /^\/archives\/([^/]+)\/p(\d+)(\d{6})$/.exec(link.pathname);
  if (!found) return;
  event.preventDefault();
  lead(found[1], `${found[2]}.${found[3]}`, new URL(link.href).searchParams.get('thread_ts'));
}

function lead(channel, ts, thread) {
  const message = channelFor(session.person, channel)?.messages?.find((it) => it.ts === ts);
  go({ place: channel });
  const root = thread ?? (message?.thread_ts !== ts ? message?.thread_ts : '') ?? '';
  if (root) go({ thread: root });
  reveal(root ? 'thread' : 'channel', ts);
}

// The stand-in forwards a permalink that was opened elsewhere to #C1/p1700000000000100.
function leadFromAddress() {
  const found = /^#([^/]+)\/p(\d+)(\d{6})$/.exec(decodeURIComponent(location.hash));
  if (!found) return false;
  settle({ person: session.person, place: found[1], thread: '' });
  lead(found[1], `${found[2]}.${found[3]}`);
  return true;
}

function escape(event) {
  if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open]')) return;
  if (document.body.classList.contains('drawer-open')) {
    drawer(false);
    part('drawer').focus();
  } else if (session.thread) {
    const thread = session.thread;
    go({ thread: '' });
    document.querySelector(`[data-focus="${CSS.escape(`thread ${thread}`)}"]`)?.focus();
  }
}

function link(up) {
  part('offline').hidden = up;
}

addEventListener('moved', moved);
addEventListener('popstate', travelled);
addEventListener('keydown', escape);
addEventListener('click', permalink);
document.addEventListener('visibilitychange', () => document.hidden || refresh().catch(() => {}));
part('drawer').addEventListener('click', () => drawer(!document.body.classList.contains('drawer-open')));
part('scrim').addEventListener('click', () => drawer(false));
part('person').addEventListener('change', (event) => go({ person: event.target.value }));
setInterval(retell, clockTick);

const arrivedAt = location.hash;
readAddress();
try {
  await start(draw, link);
  history.replaceState(null, '', arrivedAt);
  if (!leadFromAddress()) settle({});
} catch {
  link(false);
  part('main').replaceChildren(h('div', { class: 'empty' }, h('p', {}, 'The workspace cannot be reached. Is the stand-in running?'), h('p', {}, 'Reload this page when it is.')));
}
