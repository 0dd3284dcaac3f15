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

  // Files that this address needs, and what its page asks first: lib/early.ts hands the answers to who wanted to ask.
  var where = page.lang + (kept("signed-in") ? " in " : " out ") + location.pathname;
  var paths = [];
  JSON.parse(document.currentScript.dataset.next || "[]").forEach(function (next) {
    var match = new RegExp(next.where).exec(where);
    if (!match) return;
    next.files.forEach(prepare);
    if (next.asks && !location.search)
      next.asks.forEach(function (path) {
        paths.push(path.replace("$1", match[1]));
      });
  });

  function prepare(file) {
    var link = document.createElement("link");
    link.rel = /css$/.test(file) ? "preload" : "modulepreload";
    if (link.rel === "preload") link.as = "style";
    else link.fetchPriority = "low"; // as the first modules: styles come first
    link.crossOrigin = ""; // as those who will ask for it
    link.href = "/" + file;
    document.head.append(link);
  }

  var early = (window.early = {});
  function ask(path, how) {
    return fetch(path, Object.assign({ signal: AbortSignal.timeout(15000) }, how));
  }
  function keep(path, answer) {
    early[path] = answer;
    answer.catch(function () {}); // then it is asked again
    return answer;
  }

  var signed = /^\/v1\/(?!track\/)/;
  paths.forEach(function (path) {
    if (!signed.test(path)) keep(path, ask(path, { credentials: "omit" }));
  });
  if (!kept("signed-in") || !("locks" in navigator) || /^\/(track\/|sign-in)/.test(location.pathname)) return;
  // Under the lock of lib/session.ts, so that no other tab shows the same cookie.
  var renewed = navigator.locks.request("entrega-refresh", function () {
    return keep("/v1/users/refresh", ask("/v1/users/refresh", { method: "POST", keepalive: true }));
  });
  var ticket = renewed.then(function (answer) {
    return answer.ok ? answer.clone().json() : Promise.reject(answer.status);
  });
  paths.filter(signed.test, signed).forEach(function (path) {
    var answer = ticket.then(function (ticket) {
      return ask(path, { headers: { Authorization: "Bearer " + ticket.access_token } });
    });
    keep(path, answer);
  });
  ticket.catch(function () {});
})();
