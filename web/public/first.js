// Before the first paint, and before any module has come: the theme and the language that were chosen, so that nothing
// flashes, and what this address will need. A file, since inline scripts are not allowed.
(function () {
  var page = document.documentElement;
  function kept(name) {
    try {
      return localStorage.getItem("entrega." + name);
    } catch (_) {
      return null; // storage is off
    }
  }
  var theme = kept("theme");
  var dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  page.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");

  // What was chosen, else the first of the browser's languages that we speak, else Portuguese.
  var wanted = [kept("language")].concat(navigator.languages).filter(function (each) {
    return /^(pt|en)/.test(each);
  })[0];
  page.lang = /^en/.test(wanted) ? "en" : "pt-BR";

  var where = page.lang + (kept("signed-in") ? " in " : " out ") + location.pathname;
  JSON.parse(document.currentScript.dataset.next || "[]").forEach(function (next) {
    if (!new RegExp(next[0]).test(where)) return;
    next[1].forEach(function (file) {
      var link = document.createElement("link");
      link.rel = /css$/.test(file) ? "preload" : "modulepreload";
      if (link.rel === "preload") link.as = "style";
      link.crossOrigin = ""; // as those who will ask for it
      link.href = "/" + file;
      document.head.append(link);
    });
  });
})();
