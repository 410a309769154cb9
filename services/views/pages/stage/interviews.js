// Interviews as the server shows them one by one. The browser keeps each with its ETag, so that one that has not changed is not sent again.
// Without a network, one that was shown before is shown as it was.
import { fetchInterview } from "../api.js";

const FRESH_MS = 60000;
const ahead = new Map(); // what was asked for before it is looked at, by id

const known = new Map();

export async function interviewOf(id) {
  const kept = ahead.get(id);
  ahead.delete(id);
  try {
    const interview = await (kept && Date.now() - kept.since < FRESH_MS ? kept.answer.catch(() => fetchInterview(id)) : fetchInterview(id));
    known.set(id, interview);
  } catch (fault) {
    if (fault.status !== undefined || !known.has(id)) {
      throw fault;
    }
  }
  return known.get(id);
}

export function prefetch(id) {
  if (id && !ahead.has(id)) {
    const answer = fetchInterview(id);
    answer.catch(() => ahead.delete(id));
    ahead.set(id, { since: Date.now(), answer });
  }
}
