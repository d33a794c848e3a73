// After a drag, number the rows of that one list. Unfold's own function also numbers rows nested in them, and stops at the
// first that has no position, such as a module's title. It is replaced before Alpine reads the page.
document.addEventListener("alpine:init", () => {
  window.sortRecords = (event) => {
    const field = event.from.dataset.orderingField;
    [...event.from.children]
      .filter((row) => row.matches(".form-group.original"))
      .forEach((row, position) => {
        row.querySelector(`input[name$="-${field}"]`).value = position;
      });
  };
});
