// Labels the comboboxes of the admin's Select2 for screen readers: Select2 leaves out the label of the select,
// and announces the chosen option as a separate input.

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

// jQuery calls handlers in order: the one of Select2 runs first.
window.addEventListener("load", () => django.jQuery(nameComboboxes));
