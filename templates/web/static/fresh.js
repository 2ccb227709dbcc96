/* Keeps what carries data-fresh="seconds" as the server has it now. Without this script a reload does the same. */
(function () {
  "use strict";
  var areas = Array.prototype.slice.call(document.querySelectorAll("[data-fresh][id]"));
  if (!areas.length || !window.fetch || !window.DOMParser) return;
  var address = location.pathname + location.search.replace(/([?&])fait=[^&]*&?/, "$1").replace(/[?&]$/, "");
  var every = Math.max(5, Math.min.apply(null, areas.map(function (a) { return +a.dataset.fresh || 60; })));
  function isBusy(area) {
    var here = document.activeElement, chosen = window.getSelection && String(window.getSelection());
    return (here && here !== document.body && area.contains(here)) || Boolean(chosen);
  }
  function look() {
    if (document.hidden) return;
    fetch(address, { credentials: "same-origin", cache: "no-store" })
      .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ""; })
      .then(function (text) {
        if (!text) return;
        var fresh = new DOMParser().parseFromString(text, "text/html");
        areas.forEach(function (area) {
          var now = fresh.getElementById(area.id);
          if (!now || now.innerHTML === area.innerHTML || isBusy(area)) return;
          var open = Array.prototype.map.call(area.querySelectorAll("details"), function (d) { return d.open; });
          area.replaceChildren.apply(area, Array.prototype.slice.call(document.importNode(now, true).childNodes));
          area.querySelectorAll("details").forEach(function (d, n) { if (open[n]) d.open = true; });
        });
      })
      .catch(function () { /* the next look may do better */ });
  }
  setInterval(look, every * 1000);
  document.addEventListener("visibilitychange", look);
})();
