// The session's token: got for the code of the address, kept in this module and, where the browser allows it, for a reload of this tab.
// It is renewed in place by the page around us: what stands half-filled in a form stays.
import { isFramed, tell } from "./host.js";

const RENEW_BEFORE_MS = 60 * 1000;
const ANSWER_WITHIN_MS = 5 * 1000;
const own = document.body.dataset.session;
const place = `sharelink.console.${own}`;
let current = null; // { token, session }
let over = () => {};
let waiting = null; // for a renewal: { promise, done }
let timer = 0;

// A session that is over, or that never began; code says why.
export class Over extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export function whenOver(callback) {
  over = callback;
}

export async function start() {
  const code = takeCode();
  const kept = read();
  if (code) {
    try {
      take(await exchange(own, code));
    } catch (fault) {
      if (!kept || !(fault instanceof Over)) {
        throw fault; // the code was used, and this tab is not the one that did
      }
      take(kept);
    }
  } else if (kept) {
    take(kept);
  } else {
    throw new Over("session_over");
  }
  return current.session;
}

// The fragment reaches no server; taking it away keeps it out of the history.
function takeCode() {
  const code = location.hash.slice(1);
  if (code) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return code;
}

async function exchange(id, code) {
  const answer = await fetch(`/console/${id}/start`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }), credentials: "omit",
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) {
    const { token, ...session } = said;
    return { token, session };
  }
  throw [401, 404, 410, 422].includes(answer.status) ? new Over(said.code) : new Error(said.code);
}

function take(next) {
  current = next;
  keep(next);
  clearTimeout(timer);
  const leftMs = Date.parse(next.session.expires_at) - Date.now();
  timer = setTimeout(expire, Math.min(2 ** 31 - 1, Math.max(0, leftMs - RENEW_BEFORE_MS)));
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(place));
  } catch {
    return null;
  }
}

function keep(next) {
  try {
    sessionStorage.setItem(place, JSON.stringify(next));
  } catch {
    // a browser that keeps nothing for us: a reload then needs a new session
  }
}

// A minute before its end: whoever framed us may send a fresh one; without it the session runs out, and then that is said.
async function expire() {
  const before = current;
  if (!(await renewal()) && current === before) {
    timer = setTimeout(() => over("session_over"), Math.max(0, Date.parse(before.session.expires_at) - Date.now()));
  }
}

// Asks for a fresh session; false when none has come within five seconds.
function renewal() {
  if (!isFramed()) {
    return Promise.resolve(false);
  }
  if (!waiting) {
    let done;
    const promise = new Promise((resolve) => {
      done = resolve;
    });
    waiting = { promise, done };
    tell("expiring");
    setTimeout(() => settle(false), ANSWER_WITHIN_MS);
  }
  return waiting.promise;
}

function settle(isRenewed) {
  waiting?.done(isRenewed);
  waiting = null;
}

// From the page around us: a session of the same recruiter, by its URL.
export async function renew(url) {
  const found = typeof url === "string" && /^\/console\/(cns_[0-9A-Z]{26})$/.exec(parsed(url)?.pathname ?? "");
  if (!found || parsed(url).origin !== location.origin || !current) {
    return;
  }
  const next = await exchange(found[1], parsed(url).hash.slice(1)).catch(() => null);
  if (next && next.session.recruiter.email === current.session.recruiter.email) {
    take(next);
    document.getElementById("over")?.remove();
    settle(true);
  }
}

function parsed(url) {
  try {
    return new URL(url, location.href);
  } catch {
    return null;
  }
}

// A call of the API; what is refused as over is sent again when the session was renewed. Throws Over, or what the network does.
export async function call(method, path, { body, headers = {}, ...rest } = {}) {
  const send = () => fetch(path, {
    method, credentials: "omit", ...rest,
    headers: { Authorization: `Bearer ${current.token}`, ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const answer = await send();
  if (answer.status !== 401) {
    return answer;
  }
  if (await renewal()) {
    return send();
  }
  over("session_over");
  throw new Over("session_over");
}
