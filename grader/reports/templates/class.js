// Without this the page is complete; with it, tables sort and the list of students filters.
const value = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();

function sort(table, column, up) {
  for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
  table.tHead.rows[0].cells[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => value(a, column).localeCompare(value(b, column), undefined, { numeric: true }));
  body.append(...(up ? rows : rows.reverse()));
}

for (const head of document.querySelectorAll("table.sortable thead th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => sort(head.closest("table"), head.cellIndex, head.getAttribute("aria-sort") !== "ascending"));
}

const list = document.getElementById("students");
if (list) {
  const rows = [...list.tBodies[0].rows];
  const field = (label, control) => {
    const whole = document.createElement("label");
    whole.append(`${label} `, control);
    return whole;
  };
  const choice = (entries) => {
    const control = document.createElement("select");
    control.append(...entries.map(([key, words]) => new Option(words, key)));
    return control;
  };
  const search = Object.assign(document.createElement("input"), { type: "search", autocomplete: "off" });
  const states = { all: "all", review: "needs review", open: "not assessed", ungraded: "not properly graded", late: "late", hand: "marked by hand", ok: "nothing to do" };
  const count = (key) => rows.filter((row) => key === "all" || row.dataset.state.split(" ").includes(key)).length;
  const state = choice(Object.entries(states).map(([key, words]) => [key, `${words} (${count(key)})`]).filter(([key]) => key === "all" || count(key)));
  const heads = [...list.tHead.rows[0].cells].map((head) => head.textContent.trim());
  const order = choice([["", "who needs a person first"], ...heads.flatMap((words, n) => [[`${n} up`, `${words}, ascending`], [`${n} down`, `${words}, descending`]])]);
  const told = document.createElement("p");
  told.className = "small";
  told.setAttribute("role", "status");
  const filter = () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    for (const row of rows) {
      const named = row.dataset.names.toLocaleLowerCase().includes(wanted);
      row.hidden = !(named && (state.value === "all" || row.dataset.state.split(" ").includes(state.value)));
    }
    told.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
  };
  search.addEventListener("input", filter);
  state.addEventListener("change", filter);
  order.addEventListener("change", () => {
    const [column, way] = order.value.split(" ");
    if (way) sort(list, Number(column), way === "up");
    else {
      for (const head of list.tHead.rows[0].cells) head.removeAttribute("aria-sort");
      list.tBodies[0].append(...rows);
    }
  });
  const tools = document.createElement("form");
  tools.className = "tools";
  tools.setAttribute("role", "search");
  tools.setAttribute("aria-label", "Students");
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.append(field("Name", search), field("Show", state), field("Sort by", order), told);
  list.parentElement.before(tools);
  filter();
}
