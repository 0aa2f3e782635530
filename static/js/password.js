// Adds a "Show" button to inputs marked data-reveal: passwords, and text inputs that conceal what is typed. Says under
// the input if what was pasted has blanks at its ends, which are sent as they are. Without this script there is neither.

// A blank or an unseen mark, as \s and Default_Ignorable_Code_Point.
const UNSEEN = "[\\s\\p{Default_Ignorable_Code_Point}]";
const AT_AN_END = new RegExp(`^${UNSEEN}|${UNSEEN}$`, "u");

function enhancePassword(input) {
  const box = document.createElement("div");
  const button = document.createElement("button");
  // In the language of the page. It may have been replaced since the last call.
  const words = document.getElementById("reveal_words").dataset;
  // Without "(optional)", which stands in an element of its own.
  const name = input.labels[0].firstChild.textContent.trim();
  const isPassword = input.type === "password";
  let visible = false;

  function setVisible(wanted) {
    visible = wanted;
    if (isPassword) input.type = visible ? "text" : "password";
    else input.classList.toggle("concealed", !visible);
    button.textContent = visible ? words.hide : words.show;
    button.setAttribute("aria-label", (visible ? words.hideField : words.showField).replace("{field}", name));
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
  hint(input, box, words.blank.replace("{field}", name));
  // A browser may remember what stands in a text input: hide it before it leaves.
  input.form?.addEventListener("submit", () => setVisible(false));
  window.addEventListener("pagehide", () => setVisible(false));
}

function hint(input, box, text) {
  const note = document.createElement("p");
  note.className = "field__hint";
  note.setAttribute("role", "status");
  box.after(note);
  const check = () => {
    note.textContent = AT_AN_END.test(input.value) ? text : "";
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
