// The Message Center: every conversation with its last messages, and a line to answer
// as the creator.
import { el, byId, arrange, load } from "./dom.js";
import { moment } from "./words.js";
import { say } from "./acts.js";

const shown = new Map(); // conversation → {text, node}

// show loads the conversations and shows them in place of the rows.
export async function show() {
  const answer = await load("/sim/conversations");
  const nodes = answer.conversations.map((conversation) => {
    const text = JSON.stringify(conversation);
    const old = shown.get(conversation.conversation_id);
    if (old?.text === text) return old.node;
    const node = old ? refresh(old.node, conversation) : build(conversation);
    shown.set(conversation.conversation_id, { text, node });
    return node;
  });
  arrange(byId("rows"), nodes);
  return answer.total;
}

function build(conversation) {
  const field = el("input", { type: "text", maxlength: 5000, placeholder: `Answer as ${conversation.username}`, autocomplete: "off",
    "aria-label": `Answer as ${conversation.username}` });
  const form = el("form", { class: "inline", onsubmit: async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text && await say(conversation, text)) field.value = "";
  } }, field, el("button", { type: "submit" }, "Send"));
  const node = el("li", { class: "talk" },
    el("h3", {}, el("bdi", {}, conversation.username), " ", el("span", { class: "unread" })),
    el("ol", { class: "messages" }),
    form);
  return refresh(node, conversation);
}

// refresh changes what is new and leaves what the person is typing alone.
function refresh(node, conversation) {
  node.querySelector(".unread").textContent = conversation.unread_count > 0 ? `${conversation.unread_count} unread` : "";
  node.querySelector(".messages").replaceChildren(...conversation.messages.map((m) =>
    el("li", { class: m.from === "seller" ? "ours" : "theirs" },
      el("bdi", { class: "bubble" }, m.text),
      el("span", { class: "quiet" }, `${m.from === "seller" ? "Shop" : conversation.username}, ${moment(m.create_time)}`))));
  const list = node.querySelector(".messages");
  queueMicrotask(() => { list.scrollTop = list.scrollHeight; });
  return node;
}
