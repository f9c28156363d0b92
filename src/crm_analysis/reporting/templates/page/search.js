"use strict";
// Lets readers search, filter and sort the tables marked for it. Without it they are plain tables.
{
  const SAY = {
    en: { search: "Search", all: "all", least: "at least", found: (some, all) => `${some} of ${all} rows` },
    ru: { search: "Поиск", all: "все", least: "не менее", found: (some, all) => `${some} из ${all} строк` },
  };
  const PRINTED = 40;
  const language = document.documentElement.lang;
  const say = SAY[language] ?? SAY.en;
  const write = new Intl.NumberFormat(language);
  const decimal = write.formatToParts(0.5).find((part) => part.type === "decimal").value;

  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
  const number = (text) => {
    const signs = [...text.replace("−", "-")].filter((sign) => /[\d-]/.test(sign) || sign === decimal);
    return parseFloat(signs.join("").replace(decimal, "."));
  };
  const make = (name, about = {}, inside = []) => {
    const element = Object.assign(document.createElement(name), about);
    element.append(...inside);
    return element;
  };
  const value = (cell, numeric) => {
    const time = cell.querySelector("time");
    return time ? time.dateTime : numeric ? number(cell.textContent) : fold(cell.textContent);
  };
  const blank = (one) => one === "" || one === "–" || Number.isNaN(one);
  const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, language, { numeric: true }));

  const enliven = (wrap) => {
    const table = wrap.querySelector("table"), body = table.tBodies[0], rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const numeric = (at) => heads[at].classList.contains("num");
    const texts = new Map(rows.map((row) => [row, fold([...row.cells].map((c) => c.textContent).join(" "))]));
    const tests = [], status = make("p", { className: "table-status", role: "status" });

    const apply = () => {
      for (const row of rows) row.hidden = !tests.every((test) => test(row));
      const shown = [...body.rows].filter((row) => !row.hidden);
      shown.forEach((row, at) => row.classList.toggle("on-screen", at >= PRINTED));
      status.textContent = say.found(write.format(shown.length), write.format(rows.length));
    };
    const label = (text, field) => {
      field.addEventListener("input", apply);
      return make("label", {}, [make("span", { textContent: text }), field]);
    };
    const tools = make("div", { className: "table-tools", role: "search" });
    tools.ariaLabel = `${say.search}: ${wrap.ariaLabel}`; // a page may have several
    const asked = make("input", { type: "search" });
    tests.push((row) => fold(asked.value).split(/\s+/).every((word) => texts.get(row).includes(word)));
    tools.append(label(say.search, asked));

    heads.forEach((head, at) => {
      const name = head.textContent, cell = (row) => row.cells[at];
      if (head.classList.contains("facet") && numeric(at)) {
        const least = make("input", { type: "number", step: "any" });
        tests.push((row) => least.value === "" || value(cell(row), true) >= least.valueAsNumber);
        tools.append(label(`${name}, ${say.least}`, least));
      } else if (head.classList.contains("facet")) {
        const choices = [...new Set(rows.map((row) => cell(row).textContent))];
        choices.sort((a, b) => a.localeCompare(b, language));
        const options = [["", say.all], ...choices.map((choice) => ["=" + choice, choice])];
        const chosen = make("select", {}, options.map(([key, text]) => make("option", { value: key, textContent: text })));
        tests.push((row) => chosen.value === "" || "=" + cell(row).textContent === chosen.value);
        tools.append(label(name, chosen));
      }
      const button = make("button", { type: "button", textContent: name });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const up = head.ariaSort ? head.ariaSort !== "ascending" : !numeric(at);
        heads.forEach((other) => (other.ariaSort = null));
        head.ariaSort = up ? "ascending" : "descending";
        const keyed = rows.map((row) => [value(cell(row), numeric(at)), row]);
        keyed.sort(([a], [b]) => blank(a) - blank(b) || (blank(a) ? 0 : up ? compare(a, b) : compare(b, a)));
        body.append(...keyed.map(([, row]) => row));
        apply();
      });
    });
    tools.append(status);
    wrap.before(tools);
    wrap.classList.add("live");
    apply();
  };
  document.querySelectorAll(".searchable").forEach(enliven);
}
