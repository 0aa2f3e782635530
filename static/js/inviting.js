// The form to invite: offers what one types for, shows what a choice asks for, and is sent once.
// Without this script everything is in sight, and a button shows what belongs to the company.

const form = document.getElementById("inviting");
const company = document.getElementById("id_company");
const frame = form.querySelector("iframe");
const ofCompany = ["connection", "sites", "redirect_url"].map((name) => document.getElementById(`id_${name}`));
const $ = django.jQuery;

function offer(select) {
  const isCompany = select === company;
  $(select).select2({
    theme: "admin-autocomplete",
    width: "100%",
    placeholder: isCompany ? "Choose a company" : "Choose",
    allowClear: !isCompany && !select.multiple,
    ajax: {
      url: form.dataset.offers,
      delay: 200,
      data: ({ term = "", page = 1 }) => ({ kind: select.dataset.kind, company: company.value, term, page }),
    },
  });
}

function belongTo(select) {
  select.disabled = !company.value;
}

function follow(row) {
  const [name, value] = row.dataset.when.split("=");
  const show = () => {
    const chosen = form.elements[name].value === value;
    row.hidden = !chosen;
    // What is out of sight is not sent.
    if (row.matches("fieldset")) row.disabled = !chosen;
    else for (const input of row.querySelectorAll("input, select")) input.disabled = !chosen;
    for (const select of ofCompany) if (chosen && row.contains(select)) belongTo(select);
  };
  for (const radio of form.elements[name]) radio.addEventListener("change", show);
  show();
}

form.querySelectorAll("select[data-kind]").forEach(offer);
ofCompany.forEach(belongTo);
form.querySelectorAll("[data-when]").forEach(follow);

$(company).on("change", () => {
  for (const select of ofCompany) {
    // What was chosen belonged to the other company.
    $(select).val(null).trigger("change");
    select.disabled = !company.value || select.closest("[data-when]")?.hidden === true;
  }
});

let sent = false;
form.addEventListener("submit", (event) => {
  if (event.submitter?.formTarget === frame.name) {
    frame.hidden = false;
    frame.scrollIntoView({ block: "nearest" });
  } else if (sent) event.preventDefault();
  else sent = true;
});
window.addEventListener("pageshow", () => {
  sent = false;
});
frame.hidden = true;

// Select2 hides the select that a link of the error summary leads to.
document.querySelector(".errornote")?.addEventListener("click", (event) => {
  const target = document.getElementById(event.target.hash?.slice(1));
  const box = target?.parentElement.querySelector(".select2-selection");
  if (!box) return;
  event.preventDefault();
  (box.querySelector("input") ?? box).focus();
});
