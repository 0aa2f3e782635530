// Adds a button after each [data-copy] that copies its text, one line for each item of a list. Where the text is a link
// ([data-share]), phones also get a button that shares it. Without this script the text can be selected.

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
  if (source.dataset.share && navigator.share && matchMedia("(pointer: coarse)").matches) addShare(source);

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
      await navigator.clipboard.writeText(textOf(source));
      say("Copied");
    } catch {
      // No clipboard (no TLS, or no permission): select the text, so that one keystroke copies it.
      getSelection().selectAllChildren(source);
      say("Selected, now press Ctrl+C");
    }
  });
}

function textOf(source) {
  const items = source.querySelectorAll("li");
  return items.length ? [...items].map((item) => item.textContent.trim()).join("\n") : source.textContent;
}

function addShare(source) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button default share-button";
  button.textContent = source.dataset.share;
  // A share that is cancelled is no error.
  button.addEventListener("click", () => navigator.share({ url: source.textContent }).catch(() => {}));
  source.after(button);
}

document.querySelectorAll("[data-copy]").forEach(addCopyButton);
