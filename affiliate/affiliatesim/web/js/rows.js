// The list of requests: one row each, rebuilt only when its record changed.
import { el, byId, arrange } from "./dom.js";
import { number, money, percent, share, moment, span, urgency, reasons, endings } from "./words.js";
import { known, sorted, act, writeAs } from "./acts.js";

const shown = new Map(); // id → {text, node}

// show makes the list show these rows.
export function show(rows) {
  const nodes = rows.map((row) => {
    const text = JSON.stringify(row);
    const old = shown.get(row.id);
    if (old?.text === text) return old.node;
    const node = build(row);
    if (old) takeFocus(old.node, node);
    shown.set(row.id, { text, node });
    return node;
  });
  arrange(byId("rows"), nodes);
  const present = new Set(rows.map((row) => row.id));
  for (const id of shown.keys()) {
    if (!present.has(id)) shown.delete(id);
  }
}

// takeFocus keeps the keyboard where it was when a row is rebuilt.
function takeFocus(old, node) {
  if (!old.contains(document.activeElement)) return;
  const action = document.activeElement.dataset.action;
  old.replaceWith(node);
  (node.querySelector(`[data-action="${action}"]`) ?? node.querySelector("button"))?.focus();
}

function build(row) {
  return el("li", { class: "row", "data-id": row.id, "data-status": row.status },
    creator(row), numbers(row), product(row), standing(row), buttons(row));
}

function creator(row) {
  const c = row.creator;
  return el("div", { class: "cell creator" },
    picture(c.avatar_url, c.username, "avatar"),
    el("div", { class: "words" },
      el("bdi", { class: "strong cut" }, c.username),
      el("bdi", { class: "quiet cut" }, c.nickname),
      el("span", { class: "quiet" }, `${number(c.follower_count)} followers`)));
}

// picture shows a picture of the stand-in's own; others are not fetched.
function picture(link, name, kind) {
  const blank = () => el("span", { class: `picture ${kind} blank`, "aria-hidden": "true" }, [...(name || "?")][0].toUpperCase());
  if (!link || !link.startsWith(location.origin + "/")) return blank();
  const image = el("img", { class: `picture ${kind}`, src: link, alt: "", loading: "lazy", width: 44, height: 44 });
  image.addEventListener("error", () => image.replaceWith(blank()), { once: true });
  return image;
}

function numbers(row) {
  const c = row.creator;
  const entry = (label, value) => el("div", {},
    el("dt", {}, label), el("dd", { class: value === null ? "quiet" : "" }, value ?? "not shared"));
  return el("dl", { class: "cell numbers" },
    entry("GMV, 30 days", money(c.gmv)),
    entry("Median views", number(c.ec_video_view)),
    entry("Posts, 30 days", number(c.content_count)),
    entry("Fulfilment", share(c.fulfillment_percentage)));
}

function product(row) {
  const p = row.product;
  const from = row.partner_name ? `via ${row.partner_name}` : row.target ? `Target: ${row.target_name || row.target}` : "Open collaboration";
  return el("div", { class: "cell product" },
    picture(p.sku_image_url, p.title, "thing"),
    el("div", { class: "words" },
      el("bdi", { class: "strong two" }, p.title),
      el("bdi", { class: "quiet cut" }, p.sku_name),
      el("span", { class: "quiet" }, `${percent(row.commission_rate)} commission`),
      el("span", { class: "quiet" }, row.available_quantity === 1 ? "1 sample left" : `${number(row.available_quantity)} samples left`),
      el("bdi", { class: "quiet cut" }, from)));
}

// deadline shows when something ends and how long that is; the time left is kept up
// to date by tick.
function deadline(label, seconds) {
  if (!seconds) return null;
  return el("p", { class: "deadline" },
    el("span", {}, `${label} ${moment(seconds)}`),
    el("span", { class: "left", "data-until": seconds, "data-urgency": urgency(seconds) }, span(seconds)));
}

const fact = (label, value) => (value ? el("p", { class: "fact" }, el("span", { class: "quiet" }, `${label} `), el("bdi", {}, value)) : null);

function standing(row) {
  const dues = { PENDING: ["Decide by", row.approve_expiration_time], AWAITING_SHIPMENT: ["Ship by", row.shipment_expiration_time],
    CONTENT_PENDING: ["Post by", row.content_expiration_time] };
  const [label, seconds] = dues[row.status] ?? [];
  return el("div", { class: "cell standing" },
    endings[row.status] || !["PENDING", "AWAITING_SHIPMENT", "SHIPPED", "CONTENT_PENDING", "COMPLETED"].includes(row.status)
      ? el("p", { class: "ending" }, endings[row.status] ?? "Unknown status", " ", el("code", {}, row.status)) : null,
    deadline(label, seconds),
    row.status === "REJECT_CANCELLED" ? fact("Reason", reasons[row.reject_reason] ?? row.reject_reason) : null,
    row.status === "PENDING" && !row.is_approvable ? fact("Cannot be approved:", row.disapprovable_reasons.join(", ")) : null,
    fact("Order", row.order_id),
    fact("Tracking", row.tracking_number),
    row.contents.map((c) => fact(c.format === "LIVE" ? "Live" : "Video", `${c.description} · ${number(c.view_count)} views`)),
    el("p", { class: "quiet id" }, `Request ${row.id}`));
}

function buttons(row) {
  const actions = sorted(row.actions);
  const button = (name) => el("button", {
    type: "button", class: ["approve", "ship", "deliver", "complete"].includes(name) ? "soft" : "", "data-action": name,
    title: `${known[name].who}’s move`, onclick: () => act(name, row),
  }, known[name].label);
  const others = actions.filter((name) => !known[name].leads).map((name) =>
    el("button", { type: "button", "data-action": name, onclick: (event) => { event.target.closest("details").open = false; act(name, row); } },
      el("span", {}, known[name].label), el("span", { class: "quiet" }, known[name].who)));
  others.push(el("button", { type: "button", "data-action": "write",
    onclick: (event) => { event.target.closest("details").open = false; writeAs({ ...row.creator, shop_id: row.shop_id }); } },
    el("span", {}, "Write as creator…"), el("span", { class: "quiet" }, "Creator")));
  return el("div", { class: "cell acts" },
    actions.filter((name) => known[name].leads).map(button),
    el("details", { class: "more" },
      el("summary", { "aria-label": `More for ${row.creator.username}`, "data-action": "more" }, "More"),
      el("div", { class: "menu" }, others)));
}

// tick keeps the times left up to date.
export function tick() {
  for (const node of document.querySelectorAll("[data-until]")) {
    const seconds = Number(node.dataset.until);
    const text = span(seconds);
    if (node.textContent !== text) node.textContent = text;
    node.dataset.urgency = urgency(seconds);
  }
}

// An open menu closes on Escape and when the person turns to something else.
export function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.more[open]")) {
    if (event.type === "keydown") {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
}
