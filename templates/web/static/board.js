// On the day the board looks again by itself: the part marked data-refresh is fetched and put in place of itself,
// unless somebody is in it with the keyboard or reads a figure's table. Without this script the page is complete.
"use strict";
(() => {
  const live = document.querySelector("[data-refresh]");
  if (!live) return;
  const seconds = Number(live.dataset.refresh);
  const isBusy = () => live.contains(document.activeElement) || live.querySelector("details[open]") || document.hidden;
  setInterval(async () => {
    if (isBusy()) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(live.id);
      if (fresh && !isBusy()) live.replaceChildren(...fresh.childNodes);
    } catch { /* the next turn tries again */ }
  }, seconds * 1000);
})();
