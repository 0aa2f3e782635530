// A second press on the button of form[data-once] does nothing. The server holds the rule; this is a courtesy.

function enhance(form) {
  const button = form.querySelector("button[type=submit]");
  const words = button.textContent;

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    button.disabled = true;
    button.textContent = form.dataset.once;
  });

  // Back from the next page, or from a failed one.
  window.addEventListener("pageshow", () => {
    button.disabled = false;
    button.textContent = words;
  });
}

function enhanceAll(root) {
  root.querySelectorAll("form[data-once]").forEach(enhance);
}

enhanceAll(document);
document.addEventListener("replaced", (event) => enhanceAll(event.target));
