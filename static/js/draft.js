// Keeps what is typed into form[data-draft-url], so that it is there again after an interruption or on another device.
// Only the fields that it names are sent: never the login. Without this script, only a form that was sent is kept.

const SAVE_WAIT_MS = 2000;
const FAILED_WAIT_MS = 30000;
// Rejected, unknown or ended: another try would not help.
const ENDS = [403, 404, 410];

// A frame has cookies of its own.
const headers = window.parent === window ? {} : { "X-In-Frame": "1" };

function keepDraft(form) {
  const url = new URL(form.dataset.draftUrl, location.href);
  const names = form.dataset.draftFields.split(" ");
  let kept = typed();
  let timer = 0;
  let isSaving = false;
  let isSent = false;
  let hasEnded = false;

  function typed() {
    const entries = [...new FormData(form)].filter(([name]) => names.includes(name));
    return new URLSearchParams(entries).toString();
  }

  async function save() {
    clearTimeout(timer);
    const current = typed();
    if (isSaving || isSent || hasEnded || current === kept) return;
    isSaving = true;
    let wait = FAILED_WAIT_MS;
    try {
      const answer = await fetch(url, { method: "POST", headers, body: new URLSearchParams(current), keepalive: true });
      if (answer.ok) {
        kept = current;
        wait = SAVE_WAIT_MS;
      }
      hasEnded = ENDS.includes(answer.status);
    } catch {
      // The next try may reach the server.
    }
    isSaving = false;
    if (typed() !== kept) later(wait);
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  function onChange() {
    isSent = false;
    later(SAVE_WAIT_MS);
  }

  form.addEventListener("input", onChange);
  form.addEventListener("change", onChange);
  // A suggestion that was chosen changes values without an event.
  form.addEventListener("focusout", () => later(SAVE_WAIT_MS));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) {
      isSent = true;
      return;
    }
    event.preventDefault();
    showOffline(form);
  });
  // The button that discards the draft.
  document.querySelector("form.kept")?.addEventListener("submit", () => {
    isSent = true;
  });
}

// The browser would leave the page, and lose the password with it.
function showOffline(form) {
  form.querySelector("[data-offline-note]")?.remove();
  const note = Object.assign(document.createElement("p"), {
    className: "notice notice--caution",
    textContent: form.dataset.offline,
  });
  note.dataset.offlineNote = "";
  note.setAttribute("role", "alert");
  form.querySelector("button[type=submit]").closest(".actions").before(note);
}

document.querySelectorAll("form[data-draft-url]").forEach(keepDraft);
