// Replaces the URL after a POST by [data-address], so that a reload opens that page and does not post again.

history.replaceState(null, "", document.querySelector("[data-address]").dataset.address);
