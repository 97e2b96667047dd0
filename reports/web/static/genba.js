// The live first page: replaces the parts that changed, and counts ages by the time of the data.
// Without this script the page is complete and reloads itself every 30 seconds.
"use strict";

const body = document.body.dataset;
const ageWords = JSON.parse(body.ages);
const LOST_AFTER = 40000; // the server beats every 15 s
const BEFORE_DAYS = 48 * 3600;

// This device's clock may be wrong: ages are counted on the server's.
let ahead = Number(body.now) - Date.now();
let heardAt = Date.now();

function age(seconds) {
  if (seconds < 60) return ageWords.seconds.replace("{n}", Math.max(0, Math.floor(seconds)));
  if (seconds < 3600) return ageWords.minutes.replace("{n}", Math.floor(seconds / 60));
  if (seconds < BEFORE_DAYS) return ageWords.hours.replace("{n}", Math.floor(seconds / 3600));
  return ageWords.days.replace("{n}", Math.floor(seconds / 86400));
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = Date.now() + ahead;
  for (const time of document.querySelectorAll("time[data-age]")) {
    const since = now - Number(time.dataset.age);
    say(time, age(since / 1000));
    const tile = time.closest("[data-stale-after]");
    if (tile) {
      const stale = since > Number(tile.dataset.staleAfter);
      tile.dataset.state = stale ? "stale" : "fresh";
      tile.querySelector(".mark.stale").hidden = !stale;
    }
  }
  if (Date.now() - heardAt > LOST_AFTER) link("lost", body.lost);
}

function link(state, words) {
  document.getElementById("link").dataset.state = state;
  say(document.getElementById("link-words"), words);
}

function heard(serverNow) {
  heardAt = Date.now();
  ahead = serverNow - heardAt;
  link("linked", body.linked);
}

function put(id, html) {
  const element = document.getElementById(id);
  if (!element) return;
  const template = document.createElement("template");
  template.innerHTML = html; // written as the browser would, so that what is the same stays untouched
  if (element.innerHTML === template.innerHTML) return;
  const open = element.querySelector("details")?.open ?? false;
  element.replaceChildren(template.content);
  if (open) element.querySelector("details")?.setAttribute("open", "");
}

const events = new EventSource(body.events);
link("connecting", body.connecting);
events.addEventListener("parts", (event) => {
  const { now, parts } = JSON.parse(event.data);
  for (const [id, html] of Object.entries(parts)) put(id, html);
  heard(now);
  tick();
});
events.addEventListener("beat", (event) => heard(Number(event.data)));
events.addEventListener("error", () => link("lost", body.lost));
setInterval(tick, 1000);
tick();
