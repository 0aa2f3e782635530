// Adds a "Show" button to password inputs marked data-reveal. Without this script there is no button.

function enhance(input) {
  const box = document.createElement("div");
  const button = document.createElement("button");
  // Without "(optional)", which stands in an element of its own.
  const label = input.labels[0].firstChild.textContent.trim();
  const name = label.charAt(0).toLowerCase() + label.slice(1);

  function setVisible(visible) {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? "Hide" : "Show";
    button.setAttribute("aria-label", `${visible ? "Hide" : "Show"} ${name}`);
  }

  box.className = "reveal";
  button.className = "reveal__button";
  button.type = "button";
  button.setAttribute("aria-controls", input.id);
  input.classList.add("reveal__input");
  // An input that is moved loses the focus: somebody may have begun to type.
  const focused = document.activeElement === input;
  input.replaceWith(box);
  box.append(input, button);
  if (focused) input.focus();
  setVisible(false);

  button.addEventListener("click", () => setVisible(input.type === "password"));
  // A browser may remember what stands in a text input: hide it before it leaves.
  input.form?.addEventListener("submit", () => setVisible(false));
  window.addEventListener("pagehide", () => setVisible(false));
}

function enhanceAll(root) {
  root.querySelectorAll("input[type=password][data-reveal]").forEach(enhance);
}

enhanceAll(document);
document.addEventListener("replaced", (event) => enhanceAll(event.target));
