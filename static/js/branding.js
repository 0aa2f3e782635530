// The preview follows the form of a branding. Without this script, a button shows it.

const brandForm = document.getElementById("brand_form");
const showButton = document.getElementById("show");
const PREVIEW_WAIT_MS = 300;

function followForm(form, button) {
  const note = document.getElementById("not_yet");
  let frame = document.querySelector(`iframe[name=${button.formTarget}]`);
  let waiting;
  let newest = 0;

  // A new frame, because each page in the same one would be a step of the browser's history.
  function replaceFrame(page) {
    const next = frame.cloneNode();
    const becomeFrame = () => {
      frame.remove();
      next.hidden = false;
      frame = next;
    };
    next.removeAttribute("src");
    next.srcdoc = page;
    next.hidden = true;
    next.addEventListener("load", becomeFrame, { once: true });
    frame.after(next);
  }

  async function preview() {
    const number = (newest += 1);
    const answer = await fetch(button.formAction, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (number !== newest || !answer) return;
    const page = await answer.text();
    if (number !== newest) return;
    if (answer.ok && !answer.redirected) replaceFrame(page);
    note.textContent = answer.ok ? "" : note.dataset.invalid;
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(preview, PREVIEW_WAIT_MS);
  });
  button.hidden = true;
}

// A picker beside the text, which may stay empty.
function addPicker(text) {
  const picker = document.createElement("input");
  picker.type = "color";
  picker.setAttribute("aria-label", text.labels[0].textContent);
  const match = () => {
    const typed = (text.value || text.placeholder).trim();
    if (/^#[0-9a-f]{6}$/i.test(typed)) picker.value = typed;
  };
  picker.addEventListener("input", () => {
    text.value = picker.value;
  });
  text.addEventListener("input", match);
  text.after(" ", picker);
  match();
}

addPicker(brandForm.elements.accent_color);
followForm(brandForm, showButton);
