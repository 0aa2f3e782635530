// Gives the answer to a POST the address in [data-address]: a reload then opens that page and posts nothing again.

history.replaceState(null, "", document.querySelector("[data-address]").dataset.address);
