// What TikTok, the warehouse, the creator and the seller can do to one request.
import { send, attempt } from "./dom.js";
import { ask } from "./dialog.js";
import { reasons } from "./words.js";

// known maps an action to its label, whose move it is, and whether it leads on (those
// are buttons of the row; the others are in its menu).
export const known = {
  ship: { label: "Ship", who: "Warehouse", leads: true },
  deliver: { label: "Deliver", who: "Carrier", leads: true },
  post: { label: "Post content", who: "Creator", leads: true },
  complete: { label: "Complete", who: "TikTok", leads: true },
  approve: { label: "Approve here", who: "Seller", leads: true },
  reject: { label: "Reject here…", who: "Seller", leads: true, ask: rejection },
  withdraw: { label: "Withdraw", who: "Creator" },
  expire: { label: "Expire", who: "Clock" },
  fail_shipping: { label: "Fail shipping", who: "Carrier" },
  fail_grouping: { label: "Fail grouping", who: "TikTok" },
  cancel: { label: "Cancel…", who: "TikTok", ask: cancellation },
};

const order = Object.keys(known);

// sorted puts the possible actions of a row into the order of the table above.
export function sorted(actions) {
  return actions.filter((a) => known[a]).sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

function rejection(row) {
  return ask({
    title: `Reject ${row.creator.username}?`,
    note: "This is the seller’s decision in the Affiliate Center itself, not Sample Desk’s.",
    fields: [{ name: "reject_reason", label: "Reason", kind: "choice", options: Object.entries(reasons) }],
    submit: "Reject",
  });
}

function cancellation(row) {
  const options = [["OPS_CANCELLED", "Cancelled by TikTok’s staff"], ["OPS_FAILED", "Failed, say TikTok’s staff"],
    ["DEL_OPEN_COLLAB", "The open collaboration was deleted"], ["UNFULFILLABLE_CANCELLED", "Content became impossible"]];
  return ask({
    title: `Cancel the request of ${row.creator.username}?`,
    fields: [{ name: "status", label: "How it ends", kind: "choice", options }],
    submit: "Cancel the request",
  });
}

// act carries one action out, asking first where it needs to.
export async function act(name, row) {
  const details = known[name].ask ? await known[name].ask(row) : {};
  if (!details) return;
  await attempt(
    () => send(`/sim/applications/${encodeURIComponent(row.id)}/${name}`, details),
    (answer) => `${row.creator.username}: ${known[name].label.replace("…", "")} → ${answer.status}`);
}

// writeAs lets the person write as the creator of a row or conversation.
export async function writeAs(creator) {
  const values = await ask({
    title: `Write as ${creator.username}`,
    note: "The message arrives in the shop’s Message Center.",
    fields: [{ name: "text", label: "Message", kind: "area", required: true }],
    submit: "Send",
  });
  if (values) await say(creator, values.text);
}

// say sends a creator's message.
export function say(creator, text) {
  return attempt(() => send("/sim/messages", { creator_open_id: creator.creator_open_id, shop_id: creator.shop_id, text }),
    `${creator.username} wrote to the shop`);
}

// request asks for the particulars of a new request and adds it.
export async function request(shop) {
  const values = await ask({
    title: "New request",
    note: "Leave anything empty for a surprise.",
    fields: [
      { name: "username", label: "Creator’s user name", kind: "text", placeholder: "glow.daily" },
      { name: "gmv", label: "Sales in 30 days, USD", kind: "number", step: "0.01", placeholder: "500" },
      { name: "title", label: "Product", kind: "text", placeholder: "Hydrating Glow Serum" },
      { name: "hours", label: "Hours to decide", kind: "number", placeholder: "168" },
    ],
    submit: "Ask for a sample",
  });
  if (!values) return null;
  const body = { shop_id: shop, creator: {}, product: {} };
  if (values.username) body.creator.username = values.username;
  if (values.gmv) body.creator.gmv = { amount: values.gmv, currency: "USD" };
  if (values.title) body.product.title = values.title;
  if (values.hours) body.approve_in = `${values.hours}h`;
  return attempt(() => send("/sim/applications", body), "A new request came in");
}
