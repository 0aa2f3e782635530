// Searches the places of a company with many of them, and adds the pressed one as a line of the text.
// Without this script the names are typed.

const SITES_WAIT_MS = 200;

function enhance(area) {
  const url = new URL(area.dataset.sitesUrl, location.href);
  const input = makeElement("input", { type: "search", id: `${area.id}_find`, autocomplete: "off" });
  const label = makeElement("label", { textContent: area.dataset.find });
  const list = makeElement("ul", { className: "found" });
  const status = makeElement("p", { className: "visually-hidden" });
  let timer = 0;
  let newest = null;

  label.htmlFor = input.id;
  status.setAttribute("role", "status");
  area.before(label, input, list, status);

  function add(name) {
    const lines = area.value.split("\n").filter((line) => line.trim());
    if (!lines.includes(name)) area.value = [...lines, name].join("\n");
    input.value = "";
    list.replaceChildren();
    status.textContent = name;
    input.focus();
  }

  async function search() {
    const mine = (newest = new AbortController());
    url.searchParams.set("query", input.value.trim());
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: mine.signal });
      if (!answer.ok) return;
      const { sites } = await answer.json();
      if (mine !== newest) return;
      list.replaceChildren(...sites.map(item));
      status.textContent = String(sites.length);
    } catch {
      // Names may be typed.
    }
  }

  function item(name) {
    const button = makeElement("button", { type: "button", className: "found__button", textContent: name });
    button.addEventListener("click", () => add(name));
    const row = makeElement("li", {});
    row.append(button);
    return row;
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    newest?.abort();
    newest = null;
    list.replaceChildren();
    if (input.value.trim()) timer = setTimeout(search, SITES_WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    // Enter would send the form.
    if (event.key !== "Enter") return;
    event.preventDefault();
    list.querySelector("button")?.click();
  });
}

function makeElement(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

document.querySelectorAll("textarea[data-sites-url]").forEach(enhance);
