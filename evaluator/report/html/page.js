"use strict";
// Every text of a probe or a model enters the page as text, never as markup.

const byId = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Control and direction characters are shown, so that no answer can rearrange what is around it.
function visible(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

function setUpTheme() {
  const button = byId("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement.classList;
    const isDark = root.contains("dark") || (!root.contains("light") && matchMedia("(prefers-color-scheme:dark)").matches);
    root.toggle("dark", !isDark);
    root.toggle("light", isDark);
  });
}

const tip = element("div", null, "tip");

// Vega calls this with what is under the pointer; null hides it again.
function showTip(handler, event, item, value) {
  const lines = value && typeof value === "object" ? Object.entries(value).map(([name, said]) => name + ": " + said) : [];
  tip.replaceChildren(...lines.map((line) => element("div", visible(line))));
  tip.hidden = lines.length === 0;
  tip.style.left = Math.min(event.clientX + 12, innerWidth - 260) + "px";
  tip.style.top = event.clientY + 12 + "px";
}

function drawCharts() {
  tip.hidden = true;
  document.body.append(tip);
  const specs = JSON.parse(byId("specs").textContent);
  for (const place of document.querySelectorAll(".chart")) {
    const spec = specs[Number(place.dataset.chart)];
    const room = Math.max(220, place.parentElement.clientWidth - 90);
    if (typeof spec.width === "number") spec.width = Math.min(spec.width, room);
    // ast: expressions are interpreted, so that the page needs no eval.
    window.vegaEmbed(place, spec, {ast: true, renderer: "svg", actions: false, defaultStyle: false, tooltip: showTip})
      .catch((problem) => { place.textContent = "This chart could not be drawn: " + problem.message; });
  }
}

const PAGE = 50;
const LABELS = ["correct", "wrong", "abstained", "ungraded"];

class Browser {
  constructor(data) {
    this.data = data;
    this.answers = data.answers.map((row, index) => ({
      index, probe: row[0], model: row[1], prompt: row[2], repeat: row[3], label: row[4], gold: row[5], step: row[6],
      outcome: row[7], host: row[8], kind: row[9], probability: row[10], confidence: row[11], text: row[12],
      evidence: row[13], id: row[14],
    }));
    this.found = this.answers;
    this.first = 0;
    this.fill();
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("input", () => this.filter());
    byId("earlier").addEventListener("click", () => this.turn(-PAGE));
    byId("later").addEventListener("click", () => this.turn(PAGE));
    window.addEventListener("hashchange", () => this.follow());
    this.filter();
    this.follow();
  }

  fill() {
    const probes = this.data.probes;
    this.options("by-model", this.data.models.map((name, i) => [String(i), name]));
    this.options("by-label", LABELS.map((name) => [name, name]));
    const topics = [...new Set(probes.map((probe) => probe[5]).filter(Boolean))].sort();
    this.options("by-topic", topics.map((name) => [name, name]));
    const reasons = [...new Set(probes.map((probe) => probe[3]).filter(Boolean))].sort();
    this.options("by-reason", [["+", "answerable"], ["-", "unanswerable"], ...reasons.map((name) => [name, name])]);
    this.options("by-step", this.data.steps.map((name, i) => [String(i), name]));
  }

  options(id, pairs) {
    const list = byId(id);
    list.append(new Option("all", ""), ...pairs.map(([value, name]) => new Option(visible(name), value)));
  }

  filter() {
    const wanted = {};
    for (const name of ["model", "label", "topic", "reason", "step"]) wanted[name] = byId("by-" + name).value;
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const onlyDisputed = byId("by-gold").checked;
    this.found = this.answers.filter((answer) => {
      const probe = this.data.probes[answer.probe];
      if (wanted.model && String(answer.model) !== wanted.model) return false;
      if (wanted.label && answer.label !== wanted.label) return false;
      if (wanted.topic && probe[5] !== wanted.topic) return false;
      if (wanted.step && String(answer.step) !== wanted.step) return false;
      if (wanted.reason === "+" && probe[3]) return false;
      if (wanted.reason === "-" && !probe[3]) return false;
      if (wanted.reason && wanted.reason.length > 1 && probe[3] !== wanted.reason) return false;
      if (onlyDisputed && (!answer.gold || answer.gold === answer.label)) return false;
      if (!words.length) return true;
      const text = (probe[0] + " " + probe[1] + " " + answer.text + " " + answer.id).toLowerCase();
      return words.every((word) => text.includes(word));
    });
    this.first = 0;
    this.show();
  }

  turn(step) {
    this.first = Math.max(0, Math.min(this.first + step, this.found.length - 1));
    this.show();
    byId("answers").scrollIntoView();
  }

  show() {
    const shown = this.found.slice(this.first, this.first + PAGE);
    byId("found").textContent = this.found.length.toLocaleString("en") + " answers";
    byId("list").replaceChildren(...shown.map((answer) => this.row(answer)));
    byId("earlier").disabled = this.first === 0;
    byId("later").disabled = this.first + PAGE >= this.found.length;
    byId("page").textContent = shown.length ? (this.first + 1) + "–" + (this.first + shown.length) : "none";
  }

  row(answer) {
    const button = element("button");
    button.type = "button";
    button.append(
      element("span", answer.label, "tag " + answer.label),
      element("span", visible(this.data.models[answer.model])),
      element("span", visible(answer.text.slice(0, 200)) || "(no text)", "text"),
      element("span", visible(this.data.probes[answer.probe][1].slice(0, 200)), "question"),
    );
    button.addEventListener("click", () => { location.hash = "answer=" + answer.id; });
    const item = element("li");
    item.append(button);
    return item;
  }

  follow() {
    const wanted = /^#answer=([0-9a-zA-Z-]{1,80})$/.exec(location.hash);
    const answer = wanted && this.answers.find((each) => each.id === wanted[1]);
    if (answer) this.open(answer);
    else if (wanted) byId("found").textContent = "The answer of this link is not in this file.";
  }

  open(answer) {
    const probe = this.data.probes[answer.probe];
    const box = byId("one");
    const facts = [probe[0], probe[5], probe[6], probe[3] ? "unanswerable: " + probe[3] : "answerable"];
    box.replaceChildren(element("p", visible(facts.filter(Boolean).join(" · ")), "soft"), element("h3", visible(probe[1])));
    if (probe[7]) box.append(element("pre", visible(probe[7]), "soft"));
    if (probe[2].length) box.append(element("p", "Accepted: " + visible(probe[2].join(" | "))));
    if (probe[4]) box.append(element("p", "Why it has no answer: " + visible(probe[4]), "soft"));
    if (probe[9]) box.append(element("p", "Source: " + visible(probe[9]), "soft"));
    const side = element("div", null, "side");
    const same = this.answers.filter((each) => each.probe === answer.probe);
    side.append(...same.map((each) => this.article(each, each === answer)));
    box.append(side);
    box.hidden = false;
    box.scrollIntoView();
    box.focus({preventScroll: true});
  }

  article(answer, isHere) {
    const made = element("article", null, isHere ? "here" : "");
    const names = [this.data.models[answer.model], this.data.prompts.length > 1 ? this.data.prompts[answer.prompt] : "",
      answer.repeat ? "repeat " + (answer.repeat + 1) : ""];
    made.append(element("h4", visible(names.filter(Boolean).join(" · "))));
    const what = element("p");
    what.append(element("span", answer.label, "tag " + answer.label));
    const details = [
      this.data.kinds[answer.kind]?.replaceAll("_", " "),
      answer.gold ? (answer.gold === answer.label ? "people agree" : "people say " + answer.gold) : "",
      answer.step === null ? "" : "step " + this.data.steps[answer.step],
      answer.probability === null ? "" : "probability " + answer.probability.toFixed(2),
      answer.confidence === null ? "" : "stated confidence " + answer.confidence.toFixed(2),
      this.data.outcomes[answer.outcome] === "answered" ? "" : this.data.outcomes[answer.outcome],
      answer.host === null ? "" : "served by " + this.data.hosts[answer.host],
    ];
    what.append(element("span", " " + visible(details.filter(Boolean).join(" · ")), "soft"));
    made.append(what, element("pre", visible(answer.text) || "(no text)"));
    if (answer.evidence) made.append(element("p", visible(answer.evidence), "soft"));
    const link = element("a", "link to this answer");
    link.href = "#answer=" + answer.id;
    made.append(link);
    return made;
  }
}

setUpTheme();
const data = JSON.parse(byId("data").textContent);
if (data && byId("filters")) new Browser(data);
if (document.querySelector(".chart")) drawCharts();
