// The admin's comboboxes (Select2): labels for screen readers, typing opens them, and only the newest answer counts.

const START_OF_WORD = /^[\p{L}\p{N}]$/u;
let open = null;

// Select2 leaves out the label of the select, and announces the chosen option as a separate input.
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

// While it waits for an answer, Select2 keeps the rows of the previous one, and Enter chooses the first of them.
// Here a question empties the list, an answer to an older question is dropped, and Enter waits for the newest answer.
function guard(box) {
  const list = box.results;
  const state = { box, newest: null, asked: "", answered: null, isChoosing: false };
  const wait = (query) => {
    list.clear();
    list.showLoading(query);
  };

  box.on("query", (query) => {
    state.isChoosing &&= termOf(query) === state.asked;
    Object.assign(state, { newest: query, asked: termOf(query), answered: null });
    wait(query);
  });
  box.on("results:all", ({ query }) => {
    if (state.newest && query !== state.newest) {
      wait(state.newest);
      return;
    }
    state.answered = termOf(query);
    if (!state.isChoosing) return;
    state.isChoosing = false;
    box.trigger("results:select", {});
  });
  box.on("results:append", ({ query }) => {
    if (termOf(query) !== state.asked) wait(state.newest);
  });
  box.on("results:message", () => {
    state.isChoosing = false;
  });
  return state;
}

function termOf(query) {
  return query.term ?? "";
}

function searchField(target) {
  return open && target.matches?.(".select2-search__field") ? target : null;
}

function guardAll() {
  const $ = django.jQuery;
  const guards = new WeakMap();

  $(document).on("select2:open", ({ target }) => {
    const box = $(target).data("select2");
    if (!guards.has(box)) guards.set(box, guard(box));
    open = guards.get(box);
    const typed = box.$container.add(box.$dropdown).find(".select2-search__field").val();
    Object.assign(open, { newest: null, asked: typed ?? "", answered: null, isChoosing: false });
  });
  $(document).on("select2:close", () => {
    open = null;
  });

  // Select2 misses what is pasted with the mouse after a key that moves in the list.
  document.addEventListener("input", ({ target }) => {
    const field = searchField(target);
    if (field && field.value !== open.asked) open.box.trigger("query", { term: field.value });
  });

  document.addEventListener(
    "keydown",
    (event) => {
      const field = event.key === "Enter" && !event.isComposing && searchField(event.target);
      if (!field || open.answered === field.value) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      open.isChoosing = true;
    },
    true,
  );

  // A letter opens a closed combobox and begins the search.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !START_OF_WORD.test(event.key)) return;
    const container = event.target.closest?.(".select2-selection--single")?.closest(".select2");
    const select = container?.parentElement.querySelector("select.admin-autocomplete");
    if (!select || select.disabled) return;
    event.preventDefault();
    $(select).select2("open");
    const field = document.querySelector(".select2-container--open .select2-search--dropdown .select2-search__field");
    field.focus();
    field.value += event.key;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

document.addEventListener("DOMContentLoaded", () => {
  if (window.django?.jQuery) guardAll();
});
// jQuery calls handlers in order: the one of Select2 runs first.
window.addEventListener("load", () => django.jQuery(nameComboboxes));
