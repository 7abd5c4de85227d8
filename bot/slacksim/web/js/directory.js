// Who and what the workspace knows: people, channels, the app, its commands.
// Everything comes from /sim/workspace and /sim/state; nothing is made up.

const empty = { team: {}, bot: {}, users: [], usergroups: [], commands: [], shortcuts: [], links: [] };

let workspace = empty;
let state = { channels: [], ephemerals: [], views: [], users: null, usergroups: null };

export function learnWorkspace(facts) {
  workspace = { ...empty, ...facts };
}

export function learnState(facts) {
  state = {
    channels: facts.channels ?? [],
    ephemerals: facts.ephemerals ?? [],
    views: facts.views ?? [],
    users: facts.users ?? null,
    usergroups: facts.usergroups ?? null,
  };
}

export const team = () => workspace.team ?? {};
export const bot = () => workspace.bot ?? {};
export const people = () => state.users ?? workspace.users ?? [];
export const groups = () => state.usergroups ?? workspace.usergroups ?? [];
export const commands = () => workspace.commands ?? [];
export const shortcuts = () => workspace.shortcuts ?? [];
export const links = () => workspace.links ?? [];
export const homeChannel = () => workspace.channel ?? '';
export const channels = () => state.channels;
export const ephemerals = () => state.ephemerals;
export const views = () => state.views;

export const personById = (id) => people().find((person) => person.id === id);
export const channelById = (id) => state.channels.find((channel) => channel.id === id);

export const isBot = (id) => id === bot().user_id || id === bot().id;

/** nameOf is how a user id reads; an unknown one is shown as it is. */
export function nameOf(id) {
  if (isBot(id)) return bot().name || 'App';
  const person = personById(id);
  return person?.name || id || 'Somebody';
}

/** groupName is how a user group reads: its handle, or the id that nobody knows. */
export const groupName = (id) => groups().find((it) => it.id === id)?.handle ?? id;

/** zoneOf is a person's IANA zone, or the device's when none is known. */
export function zoneOf(id) {
  const zone = personById(id)?.tz;
  try {
    if (zone) new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

/**
 * channelsOf lists what a person may see: nothing that they have not joined, and
 * the conversation with the app, which their first message there will open.
 */
export function channelsOf(id) {
  const joined = state.channels.filter((channel) => !channel.members || channel.members.includes(id));
  const app = bot().user_id;
  if (app && !joined.some((channel) => channel.is_im && channel.members?.includes(app))) {
    joined.push({ id: app, is_im: true, members: [id, app], messages: [] });
  }
  return joined.toSorted((a, b) => Number(Boolean(a.is_im)) - Number(Boolean(b.is_im)) || titleOf(a, id).localeCompare(titleOf(b, id)));
}

/** channelFor is a channel as a person sees it; undefined if they do not. */
export const channelFor = (person, id) => channelsOf(person).find((channel) => channel.id === id);

/** titleOf is the channel's name, or in a direct message the other party's. */
export function titleOf(channel, viewer) {
  if (!channel.is_im) return channel.name || channel.id;
  const other = (channel.members ?? []).find((member) => member !== viewer);
  return other ? nameOf(other) : channel.name || channel.id;
}
