// Adds a button after each [data-copy] that copies its text. Without this script the text can be selected.

const BACK_MS = 4000;

function addCopyButton(source) {
  const button = document.createElement("button");
  const status = document.createElement("span");
  let timer = 0;

  button.type = "button";
  button.className = "copy-button";
  button.textContent = source.dataset.copy;
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  source.after(button, status);

  function say(words) {
    button.textContent = words;
    status.textContent = words;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = source.dataset.copy;
      status.textContent = "";
    }, BACK_MS);
  }

  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      say("Copied");
    } catch {
      // No clipboard (no TLS, or no permission): select the text, so that one keystroke copies it.
      getSelection().selectAllChildren(source);
      say("Selected, now press Ctrl+C");
    }
  });
}

document.querySelectorAll("[data-copy]").forEach(addCopyButton);
