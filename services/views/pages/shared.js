// What the list has loaded and other views use as well, as one file instead of one for each set of views that share something: a file more
// is half a kilobyte of heads more.
import "../../../common/pages/dom.js";
import "../../../common/pages/text.js";
import "../../../common/pages/words.js";
import "./api.js";
import "./drafts.js";
import "./finish/told.js";
import "./links.js";
import "./marked.js";
import "./parts.js";
import "./selection.js";
import "./tabs.js";
import "./times.js";
