// The words and numbers that a person reads.

export const reasons = {
  NOT_MATCH: "Doesn’t fit what we look for",
  OFFLINE: "Product taken offline",
  OUT_OF_STOCK: "Out of stock",
  OTHER: "Another reason",
};

export const endings = {
  REJECT_CANCELLED: "Rejected",
  OVERDUE_CANCELLED: "Expired",
  UNFULFILL_CANCELLED: "Content not posted",
  DEL_OPEN_COLLAB: "Collaboration removed",
  SELLER_NOT_SHIP_CANCELLED: "Not shipped in time",
  WITHDRAW_CANCELLED: "Withdrawn",
  UNFULFILLABLE_CANCELLED: "Could not be fulfilled",
  OPS_CANCELLED: "Cancelled by TikTok",
  OPS_FAILED: "Failed, says TikTok",
  OPS_COMPLETED: "Completed by TikTok",
};

// number writes a creator's number, which may be blank, a number or a numeric text.
export function number(value) {
  if (value === undefined || value === null || value === "") return null;
  const n = Number(value);
  return Number.isFinite(n) ? n.toLocaleString("en-GB") : String(value);
}

// money writes an amount with the sign of its currency.
export function money(value) {
  if (!value || !value.amount) return null;
  const amount = Number(value.amount);
  if (!Number.isFinite(amount) || !/^[A-Z]{3}$/.test(value.currency)) return `${value.amount} ${value.currency ?? ""}`.trim();
  return amount.toLocaleString("en-US", { style: "currency", currency: value.currency });
}

export function percent(rate) {
  const n = Number(rate);
  return Number.isFinite(n) ? `${Math.round(n * 1000) / 10}%` : rate;
}

// share writes a fulfilment rate, which comes with or without its sign.
export function share(value) {
  if (!value) return null;
  return String(value).endsWith("%") ? String(value) : `${value}%`;
}

// zone is the one that the page's address names, or the device's.
const zone = (() => {
  const timeZone = new URLSearchParams(location.search).get("zone") || undefined;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
})();

const written = (date, options) => date.toLocaleString("en-US", { timeZone: zone, ...options });
const dayOf = (date) => Date.parse(`${written(date, { year: "numeric", month: "short", day: "numeric" })} UTC`) / 86400000;

// moment writes a time in the form that Slack gives it, so that both can be compared at a glance.
export function moment(seconds) {
  const date = new Date(seconds * 1000);
  const day = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[dayOf(date) - dayOf(new Date())]
    ?? written(date, { year: "numeric", month: "short", day: "numeric" });
  return `${day} ${written(date, { hour: "numeric", minute: "2-digit" })}`;
}

// span writes the time until then in its two largest units.
export function span(seconds) {
  const left = Math.round(seconds - Date.now() / 1000);
  if (left <= 0) return "now";
  const days = Math.floor(left / 86400);
  const hours = Math.floor((left % 86400) / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h left`;
  if (hours > 0) return `${hours} h ${minutes} min left`;
  return minutes > 0 ? `${minutes} min left` : "under a minute left";
}

// urgency colours a deadline: less than six hours, less than two days, or more.
export function urgency(seconds) {
  const hours = (seconds - Date.now() / 1000) / 3600;
  if (hours < 6) return "hot";
  return hours < 48 ? "warm" : "calm";
}

// length writes a Go duration of whole hours as a person says it.
export function length(duration) {
  const hours = Number(/^(\d+)h/.exec(duration)?.[1] ?? 0);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours > 0 ? `${hours} h` : duration;
}
