// One dialog for everything that needs an answer. The browser's own modal dialog keeps
// the focus inside and closes on Escape.
import { el, byId } from "./dom.js";

// ask shows a title, a note and fields, and resolves to the values by name, or to null
// when the person thought better of it.
// A field: {name, label, kind: "text"|"number"|"area"|"choice", options, value, placeholder, required}
export function ask({ title, note, fields, submit }) {
  const dialog = byId("dialog");
  const { promise, resolve } = Promise.withResolvers();
  let values = null;
  const form = el("form", { method: "dialog", onsubmit: (event) => {
    event.preventDefault();
    values = Object.fromEntries(new FormData(form));
    dialog.close();
  } },
    el("h2", { id: "dialog-title" }, title),
    note ? el("p", { class: "hint" }, note) : null,
    fields.map(control),
    el("div", { class: "buttons end" },
      el("button", { type: "button", onclick: () => dialog.close() }, "Never mind"),
      el("button", { type: "submit", class: "primary" }, submit)));
  dialog.replaceChildren(form);
  dialog.addEventListener("close", () => { dialog.replaceChildren(); resolve(values); }, { once: true });
  dialog.showModal();
  form.querySelector("input, select, textarea")?.focus();
  return promise;
}

function control(field) {
  return el("label", { class: "field" }, el("span", {}, field.label), input(field));
}

function input(field) {
  const common = { name: field.name, required: field.required, placeholder: field.placeholder, autocomplete: "off" };
  switch (field.kind) {
    case "choice":
      return el("select", common, field.options.map(([value, label]) =>
        el("option", { value, selected: value === field.value }, label)));
    case "area":
      return el("textarea", { ...common, rows: 3, maxlength: 5000 });
    case "number":
      return el("input", { ...common, type: "number", min: 0, step: field.step ?? 1, value: field.value });
    default:
      return el("input", { ...common, type: "text", value: field.value, spellcheck: "false" });
  }
}
