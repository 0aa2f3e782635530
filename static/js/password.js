// Adds a "Show" button to inputs marked data-reveal: passwords, and text inputs that conceal what is typed.
// Without this script there is no button.

function enhance(input) {
  const box = document.createElement("div");
  const button = document.createElement("button");
  // Without "(optional)", which stands in an element of its own.
  const label = input.labels[0].firstChild.textContent.trim();
  const name = label.charAt(0).toLowerCase() + label.slice(1);
  const isPassword = input.type === "password";
  let visible = false;

  function setVisible(wanted) {
    visible = wanted;
    if (isPassword) input.type = visible ? "text" : "password";
    else input.classList.toggle("concealed", !visible);
    button.textContent = visible ? "Hide" : "Show";
    button.setAttribute("aria-label", `${visible ? "Hide" : "Show"} ${name}`);
  }

  box.className = "reveal";
  button.className = "reveal__button";
  button.type = "button";
  button.setAttribute("aria-controls", input.id);
  input.classList.add("reveal__input");
  // Moving an input takes its focus away, even while a person types.
  const focused = document.activeElement === input;
  input.replaceWith(box);
  box.append(input, button);
  if (focused) input.focus();
  setVisible(false);

  button.addEventListener("click", () => setVisible(!visible));
  // A browser may remember what stands in a text input: hide it before it leaves.
  input.form?.addEventListener("submit", () => setVisible(false));
  window.addEventListener("pagehide", () => setVisible(false));
}

function enhanceAll(root) {
  root.querySelectorAll("input[data-reveal]").forEach(enhance);
}

enhanceAll(document);
document.addEventListener("replaced", (event) => enhanceAll(event.target));
