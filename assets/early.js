// Runs before the first paint, so that a chosen theme does not flash. It may not touch anything else.
(function () {
  "use strict";
  var root = document.documentElement;
  // Says that scripts run at all; boot.css shows "Loading…" only then.
  root.setAttribute("data-scripts", "on");
  try {
    var theme = localStorage.getItem("replicarium.theme");
    if (theme === "light" || theme === "dark" || theme === "contrast") {
      root.setAttribute("data-theme", theme);
    }
  } catch (_) {
    // Storage is forbidden here: the theme follows the system.
  }
})();
