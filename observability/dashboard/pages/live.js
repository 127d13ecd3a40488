"use strict";
(() => {
  const live = document.getElementById("live");
  if (live) {
    live.checked = sessionStorage.getItem("live") !== "off";
    live.addEventListener("change", () => sessionStorage.setItem("live", live.checked ? "on" : "off"));
    let busy = false;
    setInterval(async () => {
      if (!live.checked || document.hidden || busy) return;
      busy = true;
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const id of ["traces", "held"]) {
          const fresh = page.getElementById(id);
          const shown = document.getElementById(id);
          if (fresh && shown && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.adoptNode(fresh));
        }
      } catch {
        // The dashboard is away; the next tick tries again.
      } finally {
        busy = false;
      }
    }, 2000);
  }
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView({ block: "center" });
    }
  };
  addEventListener("hashchange", open);
  open();
})();
