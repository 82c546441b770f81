// The chooser of services: loaded only where there are others than the one at "/".

import { admission, forget, isAdmitted, memory } from "./admission.js";
import { html } from "./svg.js";
import { linked, setting, target } from "./target.js";

/** The services that the gateway has written into the page. */
function told() {
  return setting("services").split(", ").map((each) => {
    const [path, limit, host = "HOST", port = "PORT"] = each.trim().split(" ");
    return { path, limit: Number(limit), host, port };
  });
}

const namesService = () => (linked()?.path ?? "/") !== "/";

/** A link that names a service, which may be followed at any time. */
const namingLink = () => new Promise((resolve) => addEventListener("hashchange", () => namesService() && resolve()));

/** Where letters need a token the page may not have the list: it asks once it is admitted, or where a link names a service. */
async function asked() {
  if (setting("admin")) return none("The gateway lists its services at --admin only.");
  const untold = "The gateway does not list its services without a token.";
  if (!isAdmitted && !namesService()) {
    hasWaited = true;
    none(untold);
    await Promise.race([admission, namingLink()]);
  }
  const response = await fetch("/services", { cache: "no-store" }).catch(() => ({}));
  if (response.status === 401) forget();
  if (!response.ok) return none(response.status === 401 ? untold : "The gateway has not told its services: load the page again.");
  const { services } = await response.json();
  return services.map(({ path, maxDatagram, backends: [backend] }) => {
    const [, host, port] = backend?.address.match(/^\[?(.*?)\]?:(\d+)$/) ?? [, "HOST", "PORT"];
    return { path, limit: maxDatagram, host, port };
  });
}

/** No services, for the reason that is shown. */
function none(why) {
  hint.textContent = `To /. ${why}`;
  place.prepend(hint);
  return [];
}

// The target that the visitor has seen meanwhile stays.
let hasWaited = false;
const place = document.getElementById("target");
const hint = html("span", { class: "hint" });
const services = setting("services") === "ask" ? await asked() : told();
const select = html("select", { id: "service" }, ...services.map(({ path }) => html("option", {}, path)));

function choose(service) {
  select.value = service.path;
  Object.assign(target, service);
  memory((kept) => kept.setItem("letterbox-service", service.path));
  document.dispatchEvent(new Event("targetchange"));
}

/** The first service of these paths, or else the first of all. */
function chooseFirst(...paths) {
  choose(paths.map((path) => services.find((service) => service.path === path)).find(Boolean) ?? services[0]);
}

if (services.length) {
  chooseFirst(linked()?.path, !hasWaited && memory((kept) => kept.getItem("letterbox-service")), "/");
  select.addEventListener("change", () => choose(services[select.selectedIndex]));
  addEventListener("hashchange", () => linked() && chooseFirst(linked().path, target.path));
  hint.remove();
  place.prepend(html("label", { for: "service" }, "To the service at"), select);
}
