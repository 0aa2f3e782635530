// Says beside the maximum of uses that several addresses share fewer uses. The server asks, too.

const allowedAddresses = document.getElementById("id_allowed_emails");
const usesNumber = document.getElementById("id_max_uses");
const usesChoices = allowedAddresses?.form.elements.uses;

function usesLimit() {
  if (usesChoices.value === "one") return 1;
  return usesChoices.value === "number" && usesNumber.value ? Number(usesNumber.value) : Infinity;
}

function countAddresses() {
  const found = allowedAddresses.value.toLowerCase().match(/[^\s,;<>"'()]+@[^\s,;<>"'()]+/g);
  return new Set(found).size;
}

function addSharedUsesHint() {
  const hint = document.createElement("p");
  const words = document.createElement("span");
  const allow = document.createElement("button");

  hint.className = "shares";
  words.setAttribute("role", "status");
  allow.type = "button";
  allow.className = "button";
  hint.append(words, allow);
  usesNumber.closest(".form-row").after(hint);

  function show() {
    const [people, uses] = [countAddresses(), usesLimit()];
    const shared = people > uses;
    hint.hidden = !shared;
    const shares = `${people} addresses share ${uses} ${uses === 1 ? "use" : "uses"}`;
    words.textContent = shared ? `${shares}: then the link is used up for the others.` : "";
    allow.textContent = `Allow ${people} uses`;
  }

  allow.addEventListener("click", () => {
    for (const choice of usesChoices) choice.checked = choice.value === "number";
    usesNumber.value = countAddresses();
    usesNumber.form.dispatchEvent(new Event("change", { bubbles: true }));
    for (const choice of usesChoices) choice.dispatchEvent(new Event("change", { bubbles: true }));
    usesNumber.focus();
  });
  allowedAddresses.form.addEventListener("input", show);
  allowedAddresses.form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}

if (usesChoices) addSharedUsesHint();
