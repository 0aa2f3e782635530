// Shows what a choice asks for, such as the day of “on a certain day”: [data-when="name=value"], a row of the form or a
// field in one. Without this script everything is in sight.

const follows = [...document.querySelectorAll("[data-when]")].map(follow);

function follow(asked) {
  const row = asked.matches("input") ? asked.closest(".form-row") : asked;
  const [name, value] = asked.dataset.when.split("=");
  const radios = asked.closest("form").elements[name];
  const show = () => {
    const chosen = radios.value === value;
    row.hidden = !chosen;
    // What is out of sight is not sent.
    if (row.matches("fieldset")) row.disabled = !chosen;
    else for (const input of row.querySelectorAll("input, select")) input.disabled = !chosen;
  };
  for (const radio of radios) radio.addEventListener("change", show);
  show();
  return show;
}

// The browser fills fields in again after this script has run.
window.addEventListener("pageshow", () => {
  for (const show of follows) show();
});
