// The page of the stand-in Affiliate Center. It shows what the server says and changes
// nothing by itself: every order goes to /sim/, and every change comes back as an event.
import { el, byId, load, say } from "./dom.js";
import * as rows from "./rows.js";
import * as messages from "./messages.js";
import * as scenes from "./scenes.js";
import { request } from "./acts.js";

const pageSize = 50;
const view = { tab: location.hash.slice(1) || "review", shop: "", find: "", page: 0 };
let busy = false;
let again = false;

// refresh fetches the chosen list and shows it. Refreshes that are asked for while one
// is under way become one more after it.
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    await paint();
  } catch (problem) {
    say(`The list could not be loaded: ${problem.message}`, true);
  }
  busy = false;
  if (again) { again = false; refresh(); }
}

async function paint() {
  const talking = view.tab === "messages";
  const query = new URLSearchParams({ tab: talking ? "review" : view.tab, shop: view.shop, q: view.find,
    offset: view.page * pageSize, limit: talking ? 0 : pageSize });
  const wanted = `${view.tab} ${query}`;
  const state = await load(`/sim/rows?${query}`);
  const total = talking ? await messages.show() : state.total;
  if (!talking && view.page > 0 && state.rows.length === 0 && total > 0) {
    view.page = Math.floor((total - 1) / pageSize);
    again = true;
    return;
  }
  showTabs(state);
  if (!talking && leaveEmpty(state, total)) return;
  if (!talking) rows.show(state.rows);
  showShops(state.shops);
  showPaging(talking ? 0 : total, state.rows.length);
  showEmpty(total, talking);
  scenes.show(state);
  byId("list").dataset.shown = wanted;
}

function showTabs(state) {
  const list = [...state.tabs, { key: "messages", label: "Messages", count: state.unread }];
  if (!list.some((t) => t.key === view.tab)) choose("review");
  const tabs = byId("tabs");
  if (tabs.children.length !== list.length) tabs.replaceChildren(...list.map((t) => tab(t)));
  list.forEach((t, i) => {
    const button = tabs.children[i];
    const chosen = t.key === view.tab;
    button.setAttribute("aria-selected", chosen);
    button.tabIndex = chosen ? 0 : -1;
    button.lastElementChild.textContent = t.key === "messages" && t.count === 0 ? "" : t.count.toLocaleString("en-GB");
  });
  byId("list").setAttribute("aria-labelledby", `tab-${view.tab}`);
}

// leaveEmpty goes on to where the last row of a list went, or to the next list with rows. Whoever chose an empty list stays.
function leaveEmpty(state, total) {
  const emptied = total === 0 && !view.find && view.filled === view.tab;
  view.filled = total > 0 ? view.tab : "";
  if (!emptied) return false;
  const at = state.tabs.findIndex((t) => t.key === view.tab);
  const next = state.tabs.slice(at + 1).find((t) => t.count > 0) ?? state.tabs.find((t) => t.count > 0);
  if (next) choose(next.key);
  return Boolean(next);
}

function tab(t) {
  return el("button", { type: "button", role: "tab", id: `tab-${t.key}`, "aria-controls": "list", onclick: () => choose(t.key) },
    t.label, " ", el("span", { class: "count" }));
}

// choose turns to another list.
function choose(key) {
  view.tab = key;
  view.page = 0;
  history.replaceState(null, "", `#${key}`);
  byId(`tab-${key}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  refresh();
}

// turn moves between the tabs with the arrow keys.
function turn(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  const tabs = [...byId("tabs").children];
  let next = tabs.indexOf(document.activeElement) + (steps[event.key] ?? 0);
  if (event.key === "Home") next = 0;
  else if (event.key === "End") next = tabs.length - 1;
  else if (!steps[event.key]) return;
  event.preventDefault();
  const button = tabs[(next + tabs.length) % tabs.length];
  button.focus();
  button.click();
}

function showShops(shops) {
  const select = byId("shop");
  select.closest("label").hidden = shops.length < 2;
  if (select.options.length !== shops.length + 1) {
    select.replaceChildren(el("option", { value: "" }, "All shops"), ...shops.map((s) => el("option", { value: s.id }, s.name)));
  }
}

function showPaging(total, count) {
  const first = view.page * pageSize;
  byId("paging").hidden = total <= pageSize;
  byId("where").textContent = `${(first + 1).toLocaleString("en-GB")}–${(first + count).toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")}`;
  byId("earlier").disabled = view.page === 0;
  byId("later").disabled = first + count >= total;
}

function showEmpty(total, talking) {
  const empty = byId("empty");
  empty.hidden = total > 0;
  if (talking) empty.textContent = "No conversations yet. Open More at a request to write as its creator.";
  else if (view.find) empty.textContent = `Nothing here matches “${view.find}”.`;
  else if (view.tab === "review") empty.textContent = "No pending requests. “New request” lets a creator ask for a sample.";
  else empty.textContent = "Nothing here at the moment.";
}

// listen refreshes on every change. The browser connects again by itself when the
// stand-in was away.
function listen() {
  const live = byId("live");
  const source = new EventSource("/sim/events");
  source.addEventListener("message", refresh);
  source.addEventListener("open", () => { live.dataset.state = "live"; live.textContent = "live"; });
  source.addEventListener("error", () => { live.dataset.state = "away"; live.textContent = "not connected, trying again…"; });
}

function flip(step) {
  view.page += step;
  byId("list").scrollIntoView({ block: "start" });
  refresh();
}

byId("tabs").addEventListener("keydown", turn);
byId("new").addEventListener("click", async () => { if (await request(view.shop)) choose("review"); });
byId("shop").addEventListener("change", (event) => { view.shop = event.target.value; view.page = 0; refresh(); });
byId("find").addEventListener("input", (event) => { view.find = event.target.value.trim(); view.page = 0; refresh(); });
byId("earlier").addEventListener("click", () => flip(-1));
byId("later").addEventListener("click", () => flip(1));
document.addEventListener("click", rows.closeMenus);
document.addEventListener("keydown", rows.closeMenus);
setInterval(rows.tick, 15000);
scenes.start();
refresh();
listen();
