// Follows the check of a login on the done page. Without this script the page refreshes itself.

const WAIT_MS = 2000;
const LONGEST_WAIT_MS = 15000;
const OK = 200;
const BROKEN = 500;
const region = document.getElementById("state");
const news = document.getElementById("news");

async function follow(wait) {
  if (!region.querySelector("[data-waiting]")) return;
  await new Promise((resolve) => setTimeout(resolve, wait));
  try {
    const response = await fetch(region.dataset.stateUrl, { headers: { Accept: "text/html" } });
    if (response.status === OK) replace(await response.text());
    // Nothing to see with this link or in this browser any more.
    else if (response.status < BROKEN) return;
  } catch {
    // Offline for a moment: ask again later.
  }
  follow(Math.min(wait * 1.2, LONGEST_WAIT_MS));
}

function replace(html) {
  const piece = document.createElement("template");
  piece.innerHTML = html;
  // Nothing new: leave it alone.
  if (piece.content.querySelector("[data-waiting]")) return;
  region.replaceChildren(piece.content);
  region.dispatchEvent(new CustomEvent("replaced", { bubbles: true }));
  tell();
}

// What changed, and not the whole form, for whoever listens to the page or looks at its tab.
function tell() {
  const title = region.querySelector("h1").textContent;
  news.textContent = `${title}. ${region.querySelector("p").textContent}`;
  document.title = `${title} · Latchkey`;
}

if (region) follow(WAIT_MS);
