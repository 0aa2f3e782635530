// Suggests providers while a person types: an editable combobox with list autocomplete (WAI-ARIA APG).
// Without this script, or when the search does not answer, the text input works as it is.

const SEARCH_WAIT_MS = 200;
// In the language of the page.
const words = document.getElementById("provider_words").dataset;

function enhanceProvider(input) {
  const form = input.form;
  const searchUrl = new URL(input.dataset.searchUrl, location.href);
  const box = element("div", { className: "combobox" });
  const list = element("ul", { className: "combobox__list", id: `${input.id}_list`, hidden: true });
  const status = element("p", { className: "visually-hidden" });
  const chosen = element("p", { className: "combobox__chosen", hidden: true });
  const help = form.querySelector("[data-login-help]");
  const username = form.querySelector('label[for="id_username"]');
  let options = [];
  let active = -1;
  let timer = 0;
  let request = null;

  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.providers);
  status.setAttribute("role", "status");
  for (const [name, value] of Object.entries({
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) {
    input.setAttribute(name, value);
  }
  // Moving an input takes its focus away, even while a person types.
  const focused = document.activeElement === input;
  input.replaceWith(box);
  box.append(input, list);
  if (focused) input.focus();
  box.after(chosen, status);

  // The id of the chosen entry travels in a hidden input. Where the server offered radio buttons
  // for a name that fits several entries, another text makes them void: the hidden input takes over.
  function setDatasource(id) {
    let field = form.querySelector('input[name="datasource"][type="hidden"]');
    if (!field) {
      form.querySelector('input[name="datasource"]')?.closest(".field").remove();
      field = element("input", { type: "hidden", name: "datasource" });
      box.after(field);
    }
    field.value = id;
  }

  // Require and open the fields for what the chosen provider asks for besides user name and password.
  function demand(names) {
    for (const field of form.querySelectorAll("input[data-extra]")) {
      field.required = names.includes(field.name);
      field.closest(".field").querySelector(".field__optional")?.toggleAttribute("hidden", field.required);
      for (let part = field.closest("details"); field.required && part; part = part.parentElement.closest("details")) {
        part.open = true;
      }
    }
  }

  // Say what is known of the provider's login page, and name the user name as it does.
  function explain(option) {
    const [text, reset] = help.querySelectorAll("p");
    const link = reset.querySelector("a");
    username.textContent = option?.usernameLabel || help.dataset.username;
    text.textContent = option?.help || "";
    link.textContent = option?.resetHost || "";
    link.href = option?.resetUrl || "#id_username";
    reset.hidden = !option?.resetUrl;
    help.hidden = !option?.help;
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  }

  function mark(index) {
    active = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
    if (index < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", list.children[index].id);
    list.children[index].scrollIntoView({ block: "nearest" });
  }

  function choose(index) {
    const option = options[index];
    stop();
    input.value = option.name;
    setDatasource(option.id);
    const found = option.host ? words.foundAt.replace("{host}", option.host) : words.found;
    chosen.textContent = option.asksFor.length ? `${found} ${words.asksMore}` : found;
    chosen.hidden = false;
    status.textContent = `${option.name}. ${chosen.textContent}`;
    demand(option.asksFor);
    explain(option);
    close();
  }

  function show(found) {
    options = found;
    list.replaceChildren(...found.map(optionElement));
    const none = found.length === 0;
    list.hidden = none;
    input.setAttribute("aria-expanded", String(!none));
    mark(-1);
    status.textContent = none ? words.none : words.number.replace("{number}", found.length);
  }

  function optionElement(option, index) {
    const item = element("li", { id: `${list.id}_${index}` });
    const detail = [option.host, option.country].filter(Boolean).join(" · ");
    item.setAttribute("role", "option");
    item.append(
      element("span", { textContent: option.name }),
      element("span", { className: "combobox__detail", textContent: detail }),
    );
    item.addEventListener("click", () => choose(index));
    return item;
  }

  function stop() {
    clearTimeout(timer);
    request?.abort();
    request = null;
  }

  async function search() {
    const query = input.value.trim();
    const mine = (request = new AbortController());
    searchUrl.searchParams.set("query", query);
    try {
      const answer = await fetch(searchUrl, {
        headers: { Accept: "application/json" },
        signal: mine.signal,
      });
      if (!answer.ok) return;
      const { datasources } = await answer.json();
      if (mine === request && document.activeElement === input) show(datasources);
    } catch {
      // The form works without suggestions.
    }
  }

  input.addEventListener("input", () => {
    stop();
    setDatasource("");
    demand([]);
    explain(null);
    chosen.hidden = true;
    status.textContent = "";
    close();
    if (input.value.trim()) timer = setTimeout(search, SEARCH_WAIT_MS);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (open) {
        mark(active < 0 ? (step > 0 ? 0 : options.length - 1) : (active + step + options.length) % options.length);
      } else if (input.value.trim()) {
        stop();
        search();
      }
    } else if (event.key === "Enter" && open && active >= 0) {
      event.preventDefault();
      choose(active);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close();
    }
  });

  // Pressing an option must not take the focus away before its click arrives.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("blur", () => {
    stop();
    close();
  });
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

document.querySelectorAll("input[data-search-url]").forEach(enhanceProvider);
