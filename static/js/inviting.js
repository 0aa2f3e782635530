// The form that creates an invitation: searches while the user types, and is sent once. Runs after `when.js`.
// Without this script all fields are visible, and buttons search.

const form = document.getElementById("inviting");
const company = document.getElementById("id_company");
const frame = form.querySelector("iframe");
const ofCompany = ["connection", "sites", "redirect_url"].map((name) => document.getElementById(`id_${name}`));
const fields = [...form.elements].filter(({ name, type }) => name && name !== "csrfmiddlewaretoken" && type !== "submit");
const offered = [...form.querySelectorAll("select[data-kind]")];
const $ = django.jQuery;

function offer(select) {
  const isCompany = select === company;
  $(select).select2({
    theme: "admin-autocomplete",
    width: "100%",
    placeholder: isCompany ? "Choose a company" : "Choose",
    allowClear: !isCompany && !select.multiple,
    // Inside the page's main part, where screen readers look for it.
    dropdownParent: $(form),
    ajax: {
      url: form.dataset.offers,
      delay: 200,
      data: ({ term = "", page = 1 }) => ({ kind: select.dataset.kind, company: company.value, term, page }),
    },
  });
  // Select2 sets this for a single choice only.
  const several = select.parentElement.querySelector(".select2-selection--multiple");
  several?.setAttribute("aria-controls", `select2-${select.id}-results`);
}

function belongTo(select) {
  select.disabled = !company.value || select.closest(".form-row").hidden || select.closest("fieldset.module").disabled;
}

offered.forEach(offer);
ofCompany.forEach(belongTo);
form.addEventListener("change", () => ofCompany.forEach(belongTo));

$(company).on("change", () => {
  for (const select of ofCompany) {
    // The chosen rows belonged to the other company.
    $(select).val(null).trigger("change");
    belongTo(select);
  }
});

// Keep the sent values in the history entry: after Back, the form is sent again with the same id and creates no second
// invitation. Browsers alone lose disabled fields and searched options.
function remember() {
  history.replaceState({ kept: fields.map((field) => ({ name: field.name, kept: read(field) })) }, "");
}

function read(field) {
  if (field.matches("select")) return [...field.selectedOptions].map(({ text, value }) => ({ text, value }));
  return field.matches("[type=checkbox], [type=radio]") ? field.checked : field.value;
}

function write(field, kept) {
  if (field.matches("[type=checkbox], [type=radio]")) field.checked = kept;
  else if (field.matches("select")) {
    const values = kept.map(({ value }) => value);
    for (const { text, value } of kept) {
      if (![...field.options].some((option) => option.value === value)) field.add(new Option(text, value));
    }
    for (const option of field.options) option.selected = values.includes(option.value);
  } else field.value = kept;
}

function recall(remembered) {
  fields.forEach((field, place) => {
    if (remembered[place]?.name === field.name) write(field, remembered[place].kept);
  });
}

// The browser restores values after this script has run: show the fields that will be sent.
function agree() {
  const [{ type }] = performance.getEntriesByType("navigation");
  if (history.state?.kept && type === "back_forward") recall(history.state.kept);
  for (const show of follows) show();
  ofCompany.forEach(belongTo);
  for (const select of offered) $(select).trigger("change.select2");
  for (const details of form.querySelectorAll("details")) {
    const fields = [...details.querySelectorAll("input, select, textarea")];
    details.open ||= fields.some((field) => (field.type === "checkbox" ? field.checked : field.value));
  }
}

// The first empty field of an untouched form, unless a phone would show its keyboard.
function begin() {
  const addresses = document.getElementById("id_allowed_emails");
  const chosen = company.value ? addresses : company.parentElement.querySelector(".select2-selection");
  if (document.activeElement === document.body && !addresses.value && matchMedia("(pointer: fine)").matches) {
    chosen.focus({ preventScroll: true });
  }
}

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
  event.preventDefault();
  form.requestSubmit(form.elements._send[0]);
});

let sent = false;
form.addEventListener("submit", (event) => {
  if (event.submitter?.formTarget === frame.name) {
    frame.hidden = false;
    frame.scrollIntoView({ block: "nearest" });
  } else if (sent) event.preventDefault();
  else {
    sent = true;
    remember();
  }
});
window.addEventListener("pageshow", () => {
  sent = false;
  agree();
  begin();
});
frame.hidden = true;

// Select2 hides the select that a link in the error summary points to.
document.querySelector(".errornote")?.addEventListener("click", (event) => {
  const target = document.getElementById(event.target.hash?.slice(1));
  const box = target?.parentElement.querySelector(".select2-selection");
  if (!box) return;
  event.preventDefault();
  (box.querySelector("input") ?? box).focus();
});
