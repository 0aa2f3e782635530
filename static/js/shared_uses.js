// Says beside the maximum of uses that several addresses share fewer uses. The server asks, too.

const addresses = document.getElementById("id_allowed_emails");
const number = document.getElementById("id_max_uses");
const choices = addresses?.form.elements.uses;

function limit() {
  if (choices.value === "one") return 1;
  return choices.value === "number" && number.value ? Number(number.value) : Infinity;
}

function count() {
  const found = addresses.value.toLowerCase().match(/[^\s,;<>"'()]+@[^\s,;<>"'()]+/g);
  return new Set(found).size;
}

function enhance() {
  const hint = document.createElement("p");
  const words = document.createElement("span");
  const allow = document.createElement("button");

  hint.className = "shares";
  words.setAttribute("role", "status");
  allow.type = "button";
  allow.className = "button";
  hint.append(words, allow);
  choices[0].closest("fieldset").after(hint);

  function show() {
    const [people, uses] = [count(), limit()];
    const shared = people > uses;
    hint.hidden = !shared;
    words.textContent = shared ? `${people} addresses share ${uses} ${uses === 1 ? "use" : "uses"}: the others find a used up link.` : "";
    allow.textContent = `Allow ${people} uses`;
  }

  allow.addEventListener("click", () => {
    for (const choice of choices) choice.checked = choice.value === "number";
    number.value = count();
    number.form.dispatchEvent(new Event("change", { bubbles: true }));
    for (const choice of choices) choice.dispatchEvent(new Event("change", { bubbles: true }));
    number.focus();
  });
  addresses.form.addEventListener("input", show);
  addresses.form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}

if (choices) enhance();
