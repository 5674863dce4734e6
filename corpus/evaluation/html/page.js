"use strict";
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("data").textContent);
  const pairwise = data.mode === "pairwise";
  const PAGE = 20;
  const SHELF = "corpus-evaluation-" + data.evaluation;
  const at = (id) => document.getElementById(id);
  let page = 0;
  let corrections = Object.create(null);

  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  root.dataset.theme = prefersDark.matches ? "dark" : "light";
  prefersDark.addEventListener("change", (event) => { root.dataset.theme = event.matches ? "dark" : "light"; });
  if (root.dataset.languages === "both") show((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en");

  function show(language) { root.dataset.show = language; root.lang = language; }
  function say(key, values) {
    const said = data.words[key][root.dataset.show];
    return said.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }
  const named = (category) => data.categories[category][root.dataset.show];
  function made(name, kind, text) {
    const found = document.createElement(name);
    if (kind) found.className = kind;
    if (text !== undefined && text !== null) found.textContent = text;
    return found;
  }

  // What is corrected: a score from 0 to 1, or one of the verdicts; anything else is none.
  function sound(one) {
    if (!one || typeof one !== "object") return null;
    const note = typeof one.note === "string" ? one.note : "";
    if (pairwise) return ["win", "tie", "lose"].includes(one.verdict) ? { verdict: one.verdict, note } : null;
    return typeof one.score === "number" && one.score >= 0 && one.score <= 1 ? { score: one.score, note } : null;
  }
  const keys = new Set(data.cards.flatMap((card) => card.judged.map((one) => one.key)));
  function taken(rows) {
    let count = 0;
    for (const [key, one] of Object.entries(rows)) {
      const found = keys.has(key) ? sound(one) : null;
      if (found) { corrections[key] = found; count += 1; }
    }
    return count;
  }
  function remember() {
    try { localStorage.setItem(SHELF, JSON.stringify(corrections)); } catch (error) { tell(say("unsaved")); }
  }
  function recall() {
    try { taken(JSON.parse(localStorage.getItem(SHELF) || "{}")); } catch (error) { corrections = Object.create(null); }
  }
  function tell(words) { at("told").textContent = words; }

  function valueOf(one) {
    const own = corrections[one.key];
    if (own) return pairwise ? own.verdict : own.score;
    return one.value;
  }
  function changed(one) { return one.key in corrections || one.judged_before !== undefined; }
  function grade(value) {
    if (value === null) return "none";
    if (pairwise) return value;
    return value >= 0.7 ? "high" : value >= 0.4 ? "middle" : "low";
  }
  const COLOURS = { high: "good", middle: "fair", low: "bad", win: "good", tie: "fair", lose: "bad", none: "" };
  function shownValue(value) {
    if (value === null) return say("unjudged");
    return pairwise ? say(value) : value.toFixed(2);
  }

  function passes(card) {
    const category = at("category").value;
    if (category && card.category !== category) return false;
    const wanted = at("verdict").value;
    if (wanted === "corrected" && !card.judged.some(changed)) return false;
    if (wanted === "orders" && !card.judged.some((one) => one.forward && one.backward && one.forward !== one.backward)) return false;
    if (wanted === "judges" && !card.judged.some((one) => one.others.some((other) => one.value !== null && other.value !== null && grade(other.value) !== grade(one.value)))) return false;
    if (wanted && !["corrected", "orders", "judges"].includes(wanted)
      && !card.judged.some((one) => grade(valueOf(one)) === wanted)) return false;
    const words = at("search").value.trim().toLowerCase();
    if (!words) return true;
    const texts = [card.id, card.question, card.reference, ...card.answers.map((one) => one.text || "")];
    return texts.some((text) => text.toLowerCase().includes(words));
  }

  function options(select, entries) {
    const chosen = select.value;
    select.replaceChildren(...entries.map(([value, text]) => {
      const option = made("option", "", text);
      option.value = value;
      return option;
    }));
    select.value = entries.some(([value]) => value === chosen) ? chosen : "";
  }
  function fill() {
    const counts = new Map();
    for (const card of data.cards) counts.set(card.category, (counts.get(card.category) || 0) + 1);
    const names = Array.from(counts.keys()).sort();
    options(at("category"), [["", say("every")], ...names.map((name) => [name, `${named(name)} (${counts.get(name)})`])]);
    const grades = pairwise ? ["win", "tie", "lose", "none", "orders"] : ["high", "middle", "low", "none"];
    if (data.judges.length > 1) grades.push("judges");
    grades.push("corrected");
    options(at("verdict"), [["", say("every")], ...grades.map((name) => [name, say("filter_" + name)])]);
  }

  function tally(found) {
    const lines = [[say("questions"), found.length]];
    const judged = found.flatMap((card) => card.judged);
    if (pairwise) {
      const count = { win: 0, tie: 0, lose: 0, none: 0 };
      for (const one of judged) count[grade(valueOf(one))] += 1;
      for (const name of ["win", "tie", "lose", "none"]) lines.push([name === "none" ? say("unjudged") : say(name), count[name]]);
      const all = count.win + count.tie + count.lose;
      if (all) lines.push([say("points"), (100 * (count.win + count.tie / 2) / all - 50).toFixed(1)]);
    } else {
      for (const model of data.models) {
        const values = judged.filter((one) => one.model === model).map(valueOf).filter((value) => value !== null);
        lines.push([model, values.length ? `${(values.reduce((a, b) => a + b, 0) / values.length).toFixed(3)} (${values.length})` : "-"]);
      }
    }
    at("tally").replaceChildren(...lines.map(([name, value]) => {
      const line = made("div");
      line.append(made("span", "", name), made("b", "", value));
      return line;
    }));
    const count = Object.keys(corrections).length;
    at("count").textContent = say("corrected_rows", { count });
  }

  function why(words, who) {
    const line = made("p", "why");
    if (who) line.append(made("b", "", who + " "));
    line.append(words);
    return line;
  }
  function badge(one) {
    const value = valueOf(one);
    const found = made("span", "value " + COLOURS[grade(value)]);
    const before = one.key in corrections ? one.value : one.judged_before;
    if (before !== undefined && before !== value) found.append(made("s", "", shownValue(before)));
    found.append(shownValue(value));
    return found;
  }
  function correct(one, article) {
    const row = made("div", "correct");
    row.dataset.key = one.key;
    const own = corrections[one.key];
    const note = made("input");
    note.type = "text";
    note.maxLength = 500;
    note.placeholder = say("note");
    note.setAttribute("aria-label", say("note"));
    note.value = own ? own.note : one.note || "";
    const put = (value) => {
      if (value === null) delete corrections[one.key];
      else corrections[one.key] = pairwise ? { verdict: value, note: note.value } : { score: value, note: note.value };
      remember();
      refresh(article);
    };
    row.append(say("correct"));
    if (pairwise) {
      for (const verdict of ["win", "tie", "lose"]) {
        const button = made("button", "", say(verdict));
        button.type = "button";
        button.dataset.verdict = verdict;
        button.setAttribute("aria-pressed", String(Boolean(own) && own.verdict === verdict));
        button.addEventListener("click", () => put(own && own.verdict === verdict ? null : verdict));
        row.append(button);
      }
    } else {
      const number = made("input");
      Object.assign(number, { type: "number", min: "0", max: "1", step: "any", value: own ? String(own.score) : "" });
      number.setAttribute("aria-label", say("correct"));
      number.addEventListener("change", () => {
        const value = number.value.trim() === "" ? null : Number(number.value);
        if (value !== null && !(value >= 0 && value <= 1)) { tell(say("range")); number.value = ""; return; }
        tell("");
        put(value);
      });
      row.append(number);
    }
    note.addEventListener("change", () => {
      if (!(one.key in corrections)) return;
      corrections[one.key].note = note.value;
      remember();
    });
    row.append(note);
    return row;
  }
  function spoken(one) {
    const lines = [];
    for (const [place, reason] of one.reasons.entries()) {
      if (!reason) continue;
      const order = !pairwise ? "" : ` (${say(place ? "backward" : "forward")}: ${say("said_" + (place ? one.backward : one.forward))})`;
      lines.push(why(reason, data.judges[0] + order));
    }
    if (one.unjudged) lines.push(why(one.unjudged, say("unjudged")));
    for (const other of one.others) lines.push(why(other.reason || "", `${other.judge}: ${shownValue(other.value)}`));
    return lines;
  }
  function card(found) {
    const article = made("article");
    article.dataset.id = found.id;
    draw(article, found);
    return article;
  }
  function draw(article, found) {
    article.classList.toggle("corrected", found.judged.some(changed));
    const head = made("header");
    head.append(made("b", "", found.id), made("span", "", named(found.category)));
    if (pairwise) head.append(badge(found.judged[0]));
    article.replaceChildren(head, made("h4", "", say("question")), made("div", "said", found.question));
    if (found.reference) article.append(made("h4", "", say("reference")), made("div", "said", found.reference));
    const row = made("div", "answers");
    for (const [place, answer] of found.answers.entries()) {
      const box = made("div", "answer");
      const title = made("h4", "", answer.model);
      box.append(title, answer.text === null ? made("div", "said none", say("no_answer")) : made("div", "said", answer.text));
      if (!pairwise) {
        const one = found.judged[place];
        title.append(badge(one));
        box.append(...spoken(one), correct(one, article));
      }
      row.append(box);
    }
    article.append(row);
    if (pairwise) article.append(...spoken(found.judged[0]), correct(found.judged[0], article));
  }
  const cards = new Map(data.cards.map((one) => [one.id, one]));
  function refresh(article) {
    draw(article, cards.get(article.dataset.id));
    tally(data.cards.filter(passes));
  }

  function render() {
    const found = data.cards.filter(passes);
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(page, pages - 1);
    at("cards").replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map(card));
    for (const place of document.querySelectorAll(".turn .at")) place.textContent = say("page", { page: page + 1, pages, count: found.length });
    for (const button of document.querySelectorAll(".turn .before")) button.disabled = page === 0;
    for (const button of document.querySelectorAll(".turn .after")) button.disabled = page >= pages - 1;
    tally(found);
  }

  function save() {
    const said = { corrections: 1, evaluation: data.evaluation, mode: data.mode, rows: corrections };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(said, null, 2) + "\n"], { type: "application/json" }));
    link.download = `corrections-${data.evaluation}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  function load(text) {
    let said = null;
    try { said = JSON.parse(text); } catch (error) { tell(say("no_json")); return; }
    if (!said || said.corrections !== 1 || !said.rows || said.evaluation !== data.evaluation) { tell(say("other")); return; }
    const count = taken(said.rows);
    remember();
    render();
    tell(say("loaded", { count }));
  }

  for (const id of ["category", "verdict"]) at(id).addEventListener("change", () => { page = 0; render(); });
  at("search").addEventListener("input", () => { page = 0; render(); });
  at("save").addEventListener("click", save);
  at("load").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", async () => {
    const file = at("file").files[0];
    if (file) load(await file.text());
    at("file").value = "";
  });
  at("clear").addEventListener("click", () => {
    if (!window.confirm(say("sure"))) return;
    corrections = Object.create(null);
    remember();
    render();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.id === "language") { show(root.dataset.show === "zh" ? "en" : "zh"); fill(); render(); }
    if (button.id === "theme") root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    if (button.classList.contains("before") || button.classList.contains("after")) {
      page += button.classList.contains("after") ? 1 : -1;
      render();
      at("reading").scrollIntoView();
    }
  });
  recall();
  fill();
  render();
})();
