// Adds a button that prints the page to each [data-print]. Without this script, use the browser's menu.

for (const place of document.querySelectorAll("[data-print]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = place.dataset.print;
  button.addEventListener("click", () => window.print());
  place.append(button);
}
