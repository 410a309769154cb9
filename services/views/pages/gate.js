// The gate: takes the passcode from the address or the reader, opens on a click and never by itself, then shows the shortlist.
const path = document.body.dataset.path;
const form = document.getElementById("open");
const field = document.getElementById("passcode");
const problem = document.getElementById("problem");
const shortlist = document.getElementById("shortlist");

takePasscodeFromAddress();
form.addEventListener("submit", open);

// The fragment never reaches a server; taking it away keeps it out of the history and of screenshots.
function takePasscodeFromAddress() {
  if (location.hash.length > 1) {
    field.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
  }
}

async function open(event) {
  event.preventDefault();
  problem.textContent = "";
  try {
    const opened = await fetch(`${path}/open`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ passcode: field.value }),
    });
    if (!opened.ok) {
      return complain(opened.status);
    }
    const content = await fetch(`${path}/content`);
    if (!content.ok) {
      return complain(content.status);
    }
    show(await content.json());
  } catch {
    problem.textContent = "There is no connection just now. Please try again.";
  }
}

function complain(status) {
  const reasons = {
    401: "That is not the passcode of this link. Please check the mail.",
    404: "We do not know this link.",
    410: "This link is no longer active. Please ask for a new one.",
    429: "Too many tries. Please wait a few minutes.",
  };
  problem.textContent = reasons[status] ?? "That did not work just now. Please try again in a minute.";
  field.focus();
}

function show(content) {
  document.getElementById("gate").hidden = true;
  shortlist.replaceChildren(
    element("h1", `${content.total} ${content.total === 1 ? "interview" : "interviews"} from ${content.sender_name}`),
    ...content.interviews.map(card),
  );
  shortlist.hidden = false;
}

function card(interview) {
  const { candidate } = interview;
  const header = element("header");
  if (candidate.avatar_url) {
    header.append(Object.assign(element("img"), { src: candidate.avatar_url, alt: "" }));
  }
  const titles = element("div");
  titles.append(element("h2", candidate.display_name), element("p", interview.job.title));
  header.append(titles);

  const article = element("article");
  article.append(header);
  if (candidate.profile?.headline) {
    article.append(element("p", candidate.profile.headline));
  }
  if (candidate.resume) {
    article.append(Object.assign(element("a", candidate.resume.file_name), { href: candidate.resume.url, target: "_blank" }));
  }
  article.append(...interview.questions.map(question));
  for (const entry of interview.questionnaire ?? []) {
    article.append(element("p", `${entry.question} ${entry.answer ?? ""}`));
  }
  return article;
}

function question(asked) {
  const section = element("section");
  section.append(element("p", asked.text));
  const { answer } = asked;
  if (!answer) {
    section.append(element("p", asked.skipped ? "Skipped" : "No answer"));
  } else if (answer.media_url) {
    const player = Object.assign(element(answer.kind === "audio" ? "audio" : "video"), {
      controls: true, preload: "none", src: answer.media_url,
    });
    if (answer.captions_url) {
      player.append(Object.assign(element("track"), {
        kind: "captions", src: answer.captions_url, srclang: "en", label: "Captions", default: true,
      }));
    }
    section.append(player);
  } else if (answer.text) {
    section.append(element("blockquote", answer.text));
  }
  return section;
}

// Text is always set as text, so whatever a candidate or a platform wrote is shown and never run.
function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}
