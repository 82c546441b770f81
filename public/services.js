// The chooser of services: loaded only where there are others than the one at "/".

import { html } from "./svg.js";
import { target } from "./target.js";

/** What this tab keeps; some browsers keep nothing. */
const memory = (work) => {
  try {
    return work(sessionStorage);
  } catch {
    return null;
  }
};

const { services } = await (await fetch("/services", { cache: "no-store" })).json();
const select = html("select", { id: "service" }, ...services.map(({ path }) => html("option", {}, path)));
const wanted = memory((kept) => kept.getItem("letterbox-service"));
const first = [wanted, "/"].map((path) => services.find((service) => service.path === path)).find(Boolean) ?? services[0];

function choose({ path, maxDatagram, backends: [backend] }) {
  const [, host, port] = backend?.address.match(/^\[?(.*?)\]?:(\d+)$/) ?? [, "HOST", "PORT"];
  Object.assign(target, { path, limit: maxDatagram, host, port });
  memory((kept) => kept.setItem("letterbox-service", path));
  document.dispatchEvent(new Event("targetchange"));
}

select.value = first.path;
choose(first);
select.addEventListener("change", () => choose(services[select.selectedIndex]));
document.getElementById("target").prepend(html("label", { for: "service" }, "To the service at"), select);
