"use strict";

// Asks once a second for what changes, and puts only what did change into the page: what has the focus, is selected
// or was scrolled stays so.

const INTERVAL_MS = 1000;

const live = document.getElementById("live");
const state = document.getElementById("state");
const pause = document.getElementById("pause");
const time = document.getElementById("time");

let paused = false;
let shown = "";
let said = "";

function say(text) {
  if (text !== said) {
    said = text;
    state.textContent = text;
  }
}

function sync(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh.cloneNode(true));
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  syncChildren(old, fresh);
}

function syncChildren(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, number) => {
    if (number < before.length) sync(before[number], node);
    else old.append(node.cloneNode(true));
  });
  before.slice(after.length).forEach((node) => node.remove());
}

async function look() {
  const answer = await fetch("live", { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  if (text !== shown) {
    shown = text;
    const fresh = new DOMParser().parseFromString(text, "text/html");
    syncChildren(live, fresh.body);
  }
  time.textContent = new Date().toLocaleTimeString("en-GB");
}

async function goOn() {
  if (!paused && !document.hidden) {
    try {
      await look();
      say("Live");
    } catch {
      say("The dashboard has ended; these are its last figures.");
    }
  }
  setTimeout(goOn, INTERVAL_MS);
}

pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.textContent = paused ? "Go on" : "Pause";
  say(paused ? "Paused" : "Live");
});
goOn();
