// Reports to the page around the frame what happens: docs/embedding.md. The messages have ids, never addresses or secrets.
// Without this script the form works, but the page around it learns nothing.

const VERSION = 1;
const { origins, invitation, event } = document.body.dataset;
let reportedOutcome = null;
let reportedHeight = 0;

// The page around the frame, where the browser says which it is, else each that is allowed. Others get no message.
function targets() {
  const allowed = origins.split(" ");
  const around = location.ancestorOrigins?.[0];
  return around === undefined ? allowed : allowed.filter((each) => each === around);
}

function report(type, details = {}) {
  const ids = { invitationId: invitation, connectionId: null };
  const message = { source: "latchkey", version: VERSION, type, ...ids, ...details };
  for (const origin of targets()) window.parent.postMessage(message, origin);
}

function reportHeight() {
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  if (height === reportedHeight) return;
  reportedHeight = height;
  report("resized", { height });
}

function reportEvent() {
  const [type, code] = event.split(" ");
  if (type) report(type, code ? { code } : {});
}

function reportState() {
  const state = document.querySelector("[data-outcome]");
  if (!state || state.dataset.outcome === reportedOutcome) return;
  const { connection: connectionId, outcome, code } = state.dataset;
  if (reportedOutcome === null || outcome === "submitted") report("submitted", { connectionId });
  if (outcome === "connected") report(outcome, { connectionId });
  if (outcome === "failed") report(outcome, { connectionId, code });
  reportedOutcome = outcome;
}

function offerClose(place) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--quiet";
  button.textContent = place.dataset.close;
  button.addEventListener("click", () => {
    report("closed");
    // The page around the frame may not listen.
    place.setAttribute("role", "status");
    place.textContent = place.dataset.closed;
  });
  place.append(button);
}

// Tries a cookie as the server sets them. Browsers keep it in a frame, unless they block all.
function showIfBlocked() {
  const name = "latchkey-frame";
  const options = "Path=/p/i/; Secure; SameSite=None; Partitioned";
  document.cookie = `${name}=1; ${options}`;
  document.getElementById("blocked").hidden = document.cookie.includes(`${name}=1`);
  document.cookie = `${name}=; Max-Age=0; ${options}`;
}

// Browsers ignore autofocus in a frame of another site. The focus is taken only from a page of our own.
function focusAsIntended() {
  if (document.referrer.startsWith(location.origin)) document.querySelector("[autofocus]")?.focus();
}

if (window.parent !== window) {
  report("ready");
  new ResizeObserver(reportHeight).observe(document.body);
  reportEvent();
  reportState();
  document.addEventListener("replaced", reportState);
  document.querySelectorAll("[data-close]").forEach(offerClose);
  for (const link of document.querySelectorAll("[data-leaves]")) link.addEventListener("click", () => report("closed"));
  showIfBlocked();
  focusAsIntended();
}
