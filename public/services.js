// The chooser of services: loaded where there are others than the one at "/", or where a link names one.

import { admission, forget, isAdmitted, memory } from "./admission.js";
import { html } from "./svg.js";
import { linked, setting, target } from "./target.js";

/** Where letters go by themselves. */
const root = { ...target };

/** The services that the gateway has written into the page, or those that it tells. */
async function known() {
  const words = setting("services");
  if (words === "ask") return asked();
  return words.split(", ").filter(Boolean).map((each) => {
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
  // A proxy's page is no list.
  const { services } = response.ok ? await response.json().catch(() => ({})) : {};
  if (!services) return none(response.status === 401 ? untold : "The gateway has not told its services: load the page again.");
  reason = "";
  return services.map(({ path, maxDatagram, backends: [backend] }) => {
    const [, host, port] = backend?.address.match(/^\[?(.*?)\]?:(\d+)$/) ?? [, "HOST", "PORT"];
    return { path, limit: maxDatagram, host, port };
  });
}

/** No services, for the reason that is shown. */
function none(why) {
  reason = `To /. ${why}`;
  show(reason);
  return [];
}

/** Shows words between the chooser and the notation. */
function show(words) {
  hint.textContent = words;
  if (words) place.lastElementChild.before(hint);
  else hint.remove();
}

// The target that the visitor has seen meanwhile stays.
let hasWaited = false;
/** Why there is nothing to choose from. */
let reason = "";
const place = document.getElementById("target");
const hint = html("span", { class: "hint" });
const found = await known();
const services = found.length ? found : [root];
const select = html("select", { id: "service" }, ...services.map(({ path }) => html("option", {}, path)));
const label = html("label", { for: "service" }, "To the service at");
const find = (path) => services.find((service) => service.path === path);

function choose({ path, limit, host, port }) {
  select.value = path;
  Object.assign(target, { path, limit, host, port, missing: false });
  memory((kept) => kept.setItem("letterbox-service", path));
  show(reason);
  document.dispatchEvent(new Event("targetchange"));
}

/** Chooses the service of a link; of one that is not here the visitor has to choose, and until then no letter is posted. */
function follow() {
  if (!linked()) return;
  const { path } = linked();
  const service = find(path);
  if (service) return choose(service);
  target.missing = path;
  select.selectedIndex = -1;
  place.prepend(label, select);
  show(`The link is for ${path}, which this page does not know.`);
}

if (found.length) {
  choose(find(!hasWaited && memory((kept) => kept.getItem("letterbox-service"))) ?? find("/") ?? services[0]);
  place.prepend(label, select);
}
follow();
addEventListener("hashchange", follow);
select.addEventListener("change", () => choose(services[select.selectedIndex]));
