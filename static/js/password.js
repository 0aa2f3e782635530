// Adds a "Show" button to inputs marked data-reveal: passwords, and text inputs that conceal what is typed. Says under
// the input if what was pasted has blanks at its ends, which are sent as they are. Without this script there is neither.

// A blank or an unseen mark, as \s and Default_Ignorable_Code_Point.
const UNSEEN = "[\\s\\p{Default_Ignorable_Code_Point}]";
const AT_AN_END = new RegExp(`^${UNSEEN}|${UNSEEN}$`, "u");

function enhancePassword(input) {
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
  hint(input, box, name);
  // A browser may remember what stands in a text input: hide it before it leaves.
  input.form?.addEventListener("submit", () => setVisible(false));
  window.addEventListener("pagehide", () => setVisible(false));
}

function hint(input, box, name) {
  const note = document.createElement("p");
  note.className = "field__hint";
  note.setAttribute("role", "status");
  box.after(note);
  const check = () => {
    const has = AT_AN_END.test(input.value);
    note.textContent = has ? `The ${name} begins or ends with a blank. Remove it if it does not belong there.` : "";
  };
  // While a person types, a blank may stand between two words.
  input.addEventListener("change", check);
  input.addEventListener("paste", () => setTimeout(check));
}

function enhancePasswords(root) {
  root.querySelectorAll("input[data-reveal]").forEach(enhancePassword);
}

enhancePasswords(document);
document.addEventListener("replaced", (event) => enhancePasswords(event.target));
