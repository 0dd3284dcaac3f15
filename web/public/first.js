// Before the first paint: the theme that was chosen, so that nothing flashes. A file, since inline scripts are not allowed.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("entrega.theme");
  } catch (_) {
    /* storage is off: the system's theme */
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
