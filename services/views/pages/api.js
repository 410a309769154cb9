// What the page asks of the server. An answer that is no success is thrown as a Refusal; a network that is away as the
// browser's own TypeError.
export const path = document.body.dataset.path;
const KEEPALIVE_MOST = 60_000; // bytes, of the 64 KiB that a browser lets be under way

export class Refusal extends Error {
  constructor(status, problem, retryAfter, isOfInterview) {
    super(problem.code ?? String(status));
    this.status = status;
    this.code = problem.code;
    this.errors = problem.errors ?? [];
    this.isOfInterview = isOfInterview; // which may have left a link that goes on
    this.current = problem.current;
    this.retryAfter = Number(retryAfter) || 0;
  }

  // The session or the link is over: nothing here will work any more.
  get isTheEnd() {
    return this.status === 401 || this.status === 410 || (this.status === 404 && this.code === "not_found" && !this.isOfInterview);
  }
}

async function ask(method, suffix, { body, headers = {}, keepalive = false, signal } = {}) {
  const answer = await fetch(path + suffix, {
    method,
    keepalive,
    signal,
    headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Refusal(answer.status, problem, answer.headers.get("Retry-After"), suffix.startsWith("/interviews/"));
  }
  // One that breaks off in the middle throws, as a network that is away does.
  return answer.status === 204 ? null : answer.json();
}

export const post = (suffix, body, options) => ask("POST", suffix, { body, ...options });
export const fetchContent = () => ask("GET", "/content");
export const fetchInterview = (interview) => ask("GET", `/interviews/${encodeURIComponent(interview)}`);
export const openLink = (passcode) => post("/open", { passcode });
export const leave = () => post("/leave", {});
export const reportWatch = (interview, report) =>
  post(`/interviews/${encodeURIComponent(interview)}/watch`, report, { keepalive: true });
export const searchContent = (search, signal) => ask("GET", `/content?${new URLSearchParams({ search })}`, { signal });
export const sayDone = (note) => post("/done", note ? { note } : {});

// version: that of the review which the reader has seen, 0 for none. isLast: the page may be gone before the answer is here; such a
// request goes on without it when it is small enough for the browser to promise that.
export function saveReview(interview, review, version, { isLast = document.visibilityState === "hidden" } = {}) {
  const size = new TextEncoder().encode(JSON.stringify(review)).length;
  return ask("PUT", `/interviews/${encodeURIComponent(interview)}/review`, {
    body: review,
    headers: version ? { "If-Match": `"v${version}"` } : { "If-None-Match": "*" },
    keepalive: size < (isLast ? KEEPALIVE_MOST : KEEPALIVE_MOST / 4),
  });
}

// null: there is none yet.
export const fetchReview = (interview) => ask("GET", `/interviews/${encodeURIComponent(interview)}/review`).catch((fault) => {
  if (fault.code === "no_review") {
    return null;
  }
  throw fault;
});
