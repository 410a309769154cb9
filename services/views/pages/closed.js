// The page of a link that is over: it says so by itself; with a path it can also ask for a new one.
import { path } from "./api.js";
import { offerNewLink } from "./ask.js";

if (path) {
  document.getElementById("asking").hidden = false;
  offerNewLink(document.getElementById("ask"), document.getElementById("asked"));
}
