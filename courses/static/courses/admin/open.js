// A new row is there to be filled in: show its fields, and the lists nested in it. Unfold shows it closed, both when it is
// added and when the page comes back with errors in other rows. Alpine has not read the rows yet when this runs.
function openNew(row) {
  [row, ...row.querySelectorAll("[x-data]")].forEach((part) => {
    const data = part.getAttribute("x-data");
    if (data) {
      part.setAttribute("x-data", data.replace(/\b(open|openRow): false/, "$1: true"));
    }
  });
}
document.addEventListener("formsetGroup:added", (event) => openNew(event.detail.row));
document.addEventListener("alpine:init", () => {
  document.querySelectorAll(".form-group.template:not(.empty-form)").forEach(openNew);
});
