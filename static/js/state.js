// Polls the state of the login on the done page. Without this script the page refreshes itself or has a link.

// The first and the longest pause before a request.
const PACES_MS = { waiting: [2000, 15000], unsettled: [5000, 60000] };
const STATE_OK = 200;
const STATE_BROKEN = 500;
const region = document.getElementById("state");
const stateNews = document.getElementById("news");

// Undefined where only a person can change the state.
function pace() {
  return Object.keys(PACES_MS).find((name) => region.querySelector(`[data-${name}]`));
}

async function followState() {
  const followed = pace();
  if (!followed) return;
  const [first, longest] = PACES_MS[followed];
  let changed = false;
  for (let wait = first; !changed; wait = Math.min(wait * 1.2, longest)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const response = await fetch(region.dataset.stateUrl, { headers: { Accept: "text/html" } });
      if (response.status === STATE_OK) changed = replace(await response.text());
      // This link or this browser may not see the state any more.
      else if (response.status < STATE_BROKEN) return;
    } catch {
      // Offline for a moment: ask again later.
    }
  }
  followState();
}

// Returns whether the state changed. An unchanged state stays untouched.
function replace(html) {
  const piece = document.createElement("template");
  piece.innerHTML = html;
  if (piece.content.firstElementChild.isEqualNode(region.firstElementChild)) return false;
  region.replaceChildren(piece.content);
  region.dispatchEvent(new CustomEvent("replaced", { bubbles: true }));
  tell();
  return true;
}

// Announces only the change, not the form, to screen readers and in the tab.
function tell() {
  const title = region.querySelector("h1").textContent;
  stateNews.textContent = `${title}. ${region.querySelector("h1 + p").textContent}`;
  document.title = `${title} – ${region.dataset.provider} · Latchkey`;
}

if (region) followState();
