// Follows the progress of a bulk invitation. Without this script the page refreshes itself.

const WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10000;
const OK = 200;
const BROKEN = 500;
const batch = document.getElementById("batch");
const news = document.getElementById("news");

async function follow(wait) {
  const progress = document.getElementById("progress");
  if (!progress) return;
  await new Promise((resolve) => setTimeout(resolve, wait));
  let next = WAIT_MS;
  try {
    const response = await fetch(progress.dataset.url, { headers: { Accept: "application/json" } });
    if (response.status === OK && !response.redirected) {
      const state = await response.json();
      if (state.state === "DONE") return finish();
      show(progress, state);
    } else if (response.redirected || response.status < BROKEN) {
      // Logged out, or deleted.
      return;
    } else next = Math.min(wait * 2, LONGEST_WAIT_MS);
  } catch {
    // Offline for a moment: ask again later.
    next = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
  follow(next);
}

function show(progress, state) {
  progress.querySelector("progress").value = state.done;
  document.getElementById("progress-words").textContent = state.text;
}

// Show the result in place of the progress, and tell screen readers.
async function finish() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (response.status !== OK) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  batch.replaceChildren(...page.getElementById("batch").children);
  news.textContent = `${batch.querySelector("h2").textContent}. ${batch.querySelector("p").textContent}`;
}

follow(WAIT_MS);
