// Names the comboboxes that the admin's Select2 makes: it leaves out the label of the select they stand for,
// and calls what is chosen an input of its own.

function nameComboboxes() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const combobox = select.parentElement.querySelector(".select2-selection");
    const name = select.labels[0]?.textContent.replace(/:\s*$/, "") ?? select.getAttribute("aria-label");
    const chosen = combobox?.querySelector(".select2-selection__rendered");

    if (!chosen || !name) continue;
    combobox.querySelector(".select2-search__field")?.setAttribute("aria-label", name);
    combobox.id ||= `${select.id}_combobox`;
    combobox.setAttribute("aria-label", name);
    combobox.setAttribute("aria-labelledby", `${combobox.id} ${chosen.id}`);
    chosen.removeAttribute("role");
    chosen.removeAttribute("aria-readonly");
  }
}

// jQuery calls in the order of asking: Select2 has asked before.
window.addEventListener("load", () => django.jQuery(nameComboboxes));
