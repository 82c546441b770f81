// When the page may ask for more than replies: where the gateway wants a token, a request without one would leave a line in
// its log. The page has none; whether a proxy adds it, the first letter tells.

import { admitted } from "./post.js";
import { setting } from "./target.js";

const key = "letterbox-admitted";

/** What this tab keeps; some browsers keep nothing. */
export const memory = (work) => {
  try {
    return work(sessionStorage);
  } catch {
    return null;
  }
};

export const isAdmitted = !setting("token") || memory((kept) => kept.getItem(key)) === "yes";
export const admission = isAdmitted ? Promise.resolve() : admitted;
export const reason = "A token is needed, and this page has none.";

/** Another time the page does not ask by itself. */
export const forget = () => memory((kept) => kept.removeItem(key));

if (setting("token")) admitted.then(() => memory((kept) => kept.setItem(key, "yes")));
