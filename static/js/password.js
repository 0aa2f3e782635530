// Adds a "Show" button to password inputs marked data-reveal. Without this script there is no button.

function enhance(input) {
  const box = document.createElement("div");
  const button = document.createElement("button");

  function setVisible(visible) {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? "Hide" : "Show";
    button.setAttribute("aria-label", visible ? "Hide password" : "Show password");
  }

  box.className = "reveal";
  button.className = "reveal__button";
  button.type = "button";
  button.setAttribute("aria-controls", input.id);
  input.classList.add("reveal__input");
  input.replaceWith(box);
  box.append(input, button);
  setVisible(false);

  button.addEventListener("click", () => setVisible(input.type === "password"));
  // A browser may remember what stands in a text input: hide it before it leaves.
  input.form?.addEventListener("submit", () => setVisible(false));
  window.addEventListener("pagehide", () => setVisible(false));
}

document.querySelectorAll("input[type=password][data-reveal]").forEach(enhance);
