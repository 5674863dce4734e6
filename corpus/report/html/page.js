"use strict";
(() => {
  const root = document.documentElement;
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const plots = Array.from(document.querySelectorAll(".plot"));
  const chosen = new Map();
  const drawn = new Set();

  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  root.dataset.theme = prefersDark.matches ? "dark" : "light";
  if (root.dataset.languages === "both") {
    show((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en");
  }

  function show(language) {
    root.dataset.show = language;
    root.lang = language;
  }

  // Words in two languages become those of the language shown, names of colours the colours of the style sheet.
  function settled(value, key, style) {
    if (Array.isArray(value)) return value.map((item) => settled(item, key, style));
    if (value && typeof value === "object") {
      const keys = Object.keys(value);
      if (keys.length === 2 && "zh" in value && "en" in value) return value[root.dataset.show];
      return Object.fromEntries(keys.map((name) => [name, settled(value[name], name, style)]));
    }
    if (/color$/i.test(key || "") && typeof value === "string" && value.startsWith("@")) {
      return style.getPropertyValue("--" + value.slice(1)).trim();
    }
    return value;
  }

  function layoutOf(layout, style) {
    const ink = style.getPropertyValue("--soft").trim();
    const line = style.getPropertyValue("--line").trim();
    const card = style.getPropertyValue("--card").trim();
    const found = settled(layout, "", style);
    for (const name of Object.keys(found)) {
      if (/^[xy]axis\d*$/.test(name)) {
        found[name] = { gridcolor: line, linecolor: line, zerolinecolor: line, tickfont: { size: 11 }, ...found[name] };
      }
    }
    return {
      modebar: { bgcolor: "rgba(0,0,0,0)", color: ink, activecolor: style.getPropertyValue("--ink").trim() },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: [ink],
      font: { color: ink, size: 12, family: getComputedStyle(document.body).fontFamily },
      hoverlabel: { bgcolor: card, bordercolor: line, font: { color: style.getPropertyValue("--ink").trim() }, align: "left" },
      ...found,
    };
  }

  function picked(points, rows) {
    return Object.fromEntries(Object.entries(points).map(([name, values]) => [name, rows.map((row) => values[row])]));
  }

  function draw(plot) {
    const chart = charts[plot.dataset.chart];
    const view = chart.views[chosen.get(plot) || 0];
    const style = getComputedStyle(root);
    const config = { responsive: true, displaylogo: false, displayModeBar: chart.tools, showTips: false,
      modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]] };
    const data = view.data.map((trace) => (trace.rows ? { ...trace, ...picked(chart.points, trace.rows) } : trace));
    Plotly.react(plot, settled(data, "", style), layoutOf(view.layout, style), config);
    const title = settled(chart.title, "", style);
    const svg = plot.querySelector("svg");
    if (svg) {
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", title);
    }
    drawn.add(plot);
  }

  function redraw() {
    for (const plot of plots) {
      label(plot);
      if (drawn.has(plot)) draw(plot);
    }
  }

  function label(plot) {
    const chart = charts[plot.dataset.chart];
    if (chart.views.length < 2) return;
    let row = plot.parentElement.querySelector(".views");
    if (!row) {
      row = document.createElement("div");
      row.className = "views";
      chart.views.forEach((_, at) => {
        const button = document.createElement("button");
        button.type = "button";
        button.addEventListener("click", () => { chosen.set(plot, at); label(plot); draw(plot); });
        row.append(button);
      });
      plot.before(row);
    }
    chart.views.forEach((view, at) => {
      const button = row.children[at];
      button.textContent = settled(view.label, "", getComputedStyle(root));
      button.setAttribute("aria-pressed", String(at === (chosen.get(plot) || 0)));
    });
  }

  function sort(head) {
    const table = head.closest("table");
    const place = Array.from(head.parentElement.children).indexOf(head);
    const falling = head.getAttribute("aria-sort") !== "descending" && head.classList.contains("n");
    const rising = !head.classList.contains("n") && head.getAttribute("aria-sort") === "ascending";
    const down = falling || rising;
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const numeric = head.classList.contains("n");
    const value = (row) => numeric ? Number(row.children[place].dataset.v) : row.children[place].innerText;
    const order = (one, other) => numeric ? one - other : one.localeCompare(other, root.lang);
    const rows = Array.from(table.tBodies[0].rows).map((row) => [value(row), row]);
    rows.sort((one, other) => (down ? -1 : 1) * order(one[0], other[0]));
    const shown = rows.length - table.tBodies[0].querySelectorAll("tr.more").length;
    rows.forEach(([, row], at) => {
      row.classList.toggle("more", at >= shown);
      table.tBodies[0].append(row);
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const link = event.target.closest("nav a");
    if (link) document.getElementById(link.hash.slice(1)).open = true;
    if (!button) return;
    if (button.id === "language") { show(root.dataset.show === "zh" ? "en" : "zh"); redraw(); }
    if (button.id === "theme") { root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; redraw(); }
    if (button.classList.contains("all")) button.parentElement.classList.add("open");
    if (button.parentElement.tagName === "TH") sort(button.parentElement);
  });

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting && !drawn.has(entry.target)) draw(entry.target);
    }
  }, { rootMargin: "500px" });
  const links = new Map(Array.from(document.querySelectorAll("nav a"), (link) => [link.hash.slice(1), link]));
  const reading = new IntersectionObserver((entries) => {
    for (const entry of entries) links.get(entry.target.id).classList.toggle("here", entry.isIntersecting);
  }, { rootMargin: "-20% 0px -75% 0px" });
  for (const plot of plots) { label(plot); near.observe(plot); }
  for (const section of document.querySelectorAll("details.section")) reading.observe(section);
  prefersDark.addEventListener("change", (event) => { root.dataset.theme = event.matches ? "dark" : "light"; redraw(); });
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details.section")) part.open = true;
    for (const plot of plots) if (!drawn.has(plot) && plot.offsetParent) draw(plot);
  });
})();
