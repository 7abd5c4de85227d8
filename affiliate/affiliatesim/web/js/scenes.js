// Behind the scenes: the clock, the faults, the automation and the connection.
import { el, byId, send, attempt } from "./dom.js";
import { length } from "./words.js";

const faults = [
  ["Review: done, answer lost", { path: "review", do: "apply_then_drop" }],
  ["Review: connection cut", { path: "review", do: "drop" }],
  ["3 reviews: HTTP 503", { path: "review", times: 3, do: "status", status: 503 }],
  ["5 searches: 2 s late", { path: "search", times: 5, do: "delay", delay_ms: 2000 }],
  ["3 searches: too many", { path: "search", times: 3, do: "status", status: 429, retry_after: 2 }],
  ["Next call: token expired", { path: "affiliate_seller", do: "code", code: 105002 }],
];

// start wires the panel up.
export function start() {
  byId("scenes").open = matchMedia("(min-width: 1200px)").matches;
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => attempt(() => send("/sim/clock", { advance: button.dataset.advance }),
      (answer) => `The clock moved on: ${answer.ended} ${answer.ended === 1 ? "deadline" : "deadlines"} passed`));
  }
  byId("fault").replaceChildren(...faults.map(([label], i) => el("option", { value: i }, label)));
  byId("spoil").addEventListener("click", () => attempt(() => send("/sim/faults", faults[Number(byId("fault").value)][1]), "The fault is on"));
  byId("mend").addEventListener("click", () => attempt(() => send("/sim/faults", { times: 0 }), "All faults are off"));
  byId("expire-token").addEventListener("click", () => attempt(() => send("/sim/authorization", { do: "expire_access" }), "Access tokens have expired"));
  byId("automation").addEventListener("submit", (event) => {
    event.preventDefault();
    const over = byId("automation").elements.over.value.trim();
    attempt(() => send("/sim/automation", { approve_when_gmv_over: over }),
      (answer) => (over ? `Automation is on: ${answer.approved} approved at once` : "Automation is off"));
  });
}

// show writes what is on.
export function show(state) {
  byId("clock").textContent = state.advanced === "0s"
    ? "Business time is real time." : `Business time is ${length(state.advanced)} ahead.`;
  byId("faults").replaceChildren(...(state.faults.length ? state.faults.map(describe) : [el("li", { class: "quiet" }, "None: every call works.")]));
  byId("mend").hidden = state.faults.length === 0;
  const field = byId("automation").elements.over;
  if (document.activeElement !== field) field.value = state.automation.approve_when_gmv_over;
  const hooks = state.webhooks;
  byId("webhooks").textContent = hooks.url ? `Webhooks: ${hooks.delivered} delivered, ${hooks.lost} lost, to ${hooks.url}` : "No webhooks.";
  byId("grant").textContent = state.authorized ? "" : "The seller has removed the authorization.";
}

function describe(fault) {
  const detail = { status: `HTTP ${fault.status}`, code: `code ${fault.code}`, delay: `${fault.delay_ms} ms late`, drop: "dropped", apply_then_drop: "done, answer lost" }[fault.do];
  return el("li", {}, el("code", {}, fault.path || "every call"), ` ${detail}, ${fault.times}×`);
}
