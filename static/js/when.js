// Shows fields only for the choice that needs them: [data-when="name=value"] on a field or on a fieldset.
// Without this script all fields are visible.

const follows = [...document.querySelectorAll("[data-when]")].map(followChoice);

function followChoice(asked) {
  const row = asked.matches("fieldset") ? asked : asked.closest(".form-row");
  const [name, value] = asked.dataset.when.split("=");
  const radios = asked.closest("form").elements[name];
  const show = () => {
    const chosen = radios.value === value;
    row.hidden = !chosen;
    // Hidden fields are not sent.
    if (row.matches("fieldset")) row.disabled = !chosen;
    else for (const input of row.querySelectorAll("input, select")) input.disabled = !chosen;
  };
  for (const radio of radios) radio.addEventListener("change", show);
  show();
  return show;
}

// The browser restores values after this script has run.
window.addEventListener("pageshow", () => {
  for (const show of follows) show();
});
