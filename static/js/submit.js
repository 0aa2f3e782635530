// Disables the button of form[data-once] once it is pressed. The server enforces the rule.

function submitOnce(form) {
  const button = form.querySelector("button[type=submit]");
  const words = button.textContent;

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    button.disabled = true;
    button.textContent = form.dataset.once;
  });

  // The person came back from the next page, or it failed.
  window.addEventListener("pageshow", () => {
    button.disabled = false;
    button.textContent = words;
  });
}

function submitAllOnce(root) {
  root.querySelectorAll("form[data-once]").forEach(submitOnce);
}

submitAllOnce(document);
document.addEventListener("replaced", (event) => submitAllOnce(event.target));
