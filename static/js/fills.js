// Copies the chosen address into the field of its correction, as long as that is untouched.

const chosen = document.getElementById("id_old");
const field = document.getElementById("id_new");
let copied = field.value;

chosen.addEventListener("change", () => {
  if (field.value !== copied) return;
  field.value = copied = chosen.value;
});

// The typing error may be anywhere in the address.
if (document.activeElement === field) field.setSelectionRange(field.value.length, field.value.length);
