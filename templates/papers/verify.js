// Checks a certificate in the browser alone: nothing is sent anywhere. The facts stand after the # of the address.
"use strict";
(() => {
  const main = document.querySelector("main");
  const french = (document.documentElement.lang || "fr").startsWith("fr");
  const say = (fr, en) => (french ? fr : en);
  const bytes = (text) => {
    if (!/^[\w-]+$/.test(text)) throw new Error("letters");
    const padded = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
    return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
  };
  const spelling = (data) =>
    btoa(String.fromCharCode(...data)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const part = (name, text) => {
    const node = document.createElement(name);
    node.textContent = text;
    return node;
  };
  const show = (state, title, ...rest) => {
    main.dataset.state = state;
    const status = document.getElementById("status");
    status.replaceChildren(part("h2", title), ...rest);
    document.title = `${title} – ${document.querySelector("h1").textContent}`;
  };
  const forged = () =>
    show("bad", say("Ce document n'est pas authentique", "This document is not genuine"),
      part("p", say("La signature ne correspond pas : un mot a été changé, ou le lien est incomplet.",
        "The signature does not fit: a word was changed, or the link is incomplete.")));
  const day = (text) =>
    new Date(`${text}T12:00:00Z`).toLocaleDateString(french ? "fr" : "en",
      { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const lasted = (minutes) => `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;

  const genuine = (facts) => {
    const revoked = (main.dataset.revoked || "").split(" ").includes(facts.n);
    const list = document.createElement("dl");
    const row = (name, ...values) => list.append(part("dt", name), ...values.map((value) => part("dd", value)));
    row(say("Délivrée à", "Issued to"), facts.p);
    row(say("Événement", "Event"), facts.e);
    row(say("Présence", "Attendance"),
      ...facts.h.map(([on, start, end, minutes]) => `${day(on)}, ${start} – ${end} : ${lasted(minutes)}`));
    row(say("Par", "By"), facts.o);
    row(say("Le", "On"), day(facts.i));
    row(say("Numéro", "Number"), facts.n);
    if (revoked) {
      show("bad", say("Cette attestation a été annulée", "This certificate was revoked"),
        part("p", say("Elle a été délivrée, puis annulée ou remplacée.", "It was issued, then revoked or replaced.")), list);
    } else {
      show("good", say("Cette attestation est authentique", "This certificate is genuine"), list);
    }
  };

  const check = async () => {
    const word = location.hash.slice(1);
    if (!word) return;
    const [payload, seal, ...more] = word.split(".");
    let data;
    try {
      data = [bytes(payload), bytes(seal)];
      if (more.length || spelling(data[0]) !== payload || spelling(data[1]) !== seal) throw new Error("spelling");
    } catch {
      return forged();
    }
    let key;
    try {
      key = await crypto.subtle.importKey("raw", bytes(main.dataset.key), { name: "Ed25519" }, false, ["verify"]);
    } catch {
      return show("wait", say("Ce navigateur ne sait pas vérifier", "This browser cannot check"),
        part("p", say("Ouvrez cette page dans une version récente de Firefox, Chrome, Edge ou Safari.",
          "Open this page in a recent Firefox, Chrome, Edge or Safari.")));
    }
    try {
      if (await crypto.subtle.verify({ name: "Ed25519" }, key, data[1], data[0])) {
        return genuine(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data[0])));
      }
    } catch {
      // falls through: whatever cannot be read is not genuine
    }
    return forged();
  };
  addEventListener("hashchange", check);
  check();
})();
