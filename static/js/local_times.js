// Adds the time in the reader's zone to times of the server, in the language of the page: [data-local] behind a <time>.
// Without this script the zone of the server is named.

function addLocalTime(note) {
  const moment = new Date(note.previousElementSibling.dateTime);
  // The server writes times in UTC.
  if (moment.getTimezoneOffset() === 0) return;
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "long",
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  });
  const local = document.createElement("small");
  local.textContent = note.dataset.local.replace("{time}", format.format(moment));
  note.after(local);
}

document.querySelectorAll("[data-local]").forEach(addLocalTime);
