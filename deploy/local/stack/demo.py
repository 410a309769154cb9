"""The story that `make run` tells: interviews are stored, a shortlist is made and mailed, one reviewer opens it, and
the recruiter is told. Everything goes the way of real callers: REST with the account's key, SMTP, a browser's requests.
"""

import json
import re
import textwrap
from urllib.parse import urlsplit

from .mail import mail_files, read_mail, text_of
from .system import ROOT
from .waiting import Failure, wait_until
from .web import BROWSER, Client

OWNER = {"name": "Robin Castellanos", "email": "robin.castellanos@hiring.example", "time_zone": "Europe/Amsterdam"}
# The second reads German: the page and what we say in the mail are in it.
REVIEWERS = [{"name": "Ingrid Solheim", "email": "ingrid.solheim@support.example", "locale": "en"},
             {"name": "Dmitri Vance", "email": "dmitri.vance@support.example", "locale": "de"}]
BRAND = {"name": "Harbour & Field Hiring", "accent": "#1f6f6b"}
MESSAGE = {
    "subject": "{{interview_count}} candidates for {{job_title}}: please have a look",
    "body": "Hello {{reviewer_first_name}},\n\nthese are the people I would like your opinion on. "
            "Two or three sentences on each are plenty.\n\nThank you,\n{{sender_name}}",
}
STEP_SECONDS = 30


class Demo:
    def __init__(self, stack, api_key, say, between):
        """`between` is called while it waits, see wait_until."""
        self.stack = stack
        self.say = say
        self.between = between
        self.api = Client(stack.links.url(), {"Authorization": f"Bearer {api_key}"})
        # Mails can be shown only when they go to our own sink.
        self.shows_mails = stack.notifications.settings.get("SHARELINK_SMTP_URL") == stack.mail.url()

    def show(self):
        """Tells the story once; in a later run only shows what there is. Returns the share link."""
        found = self.api.get("/v1/share-links?limit=1")["data"]
        if found:
            return self.show_what_is_there(found[0]["id"])
        self.api.patch("/v1/account", {"brand": BRAND, "locale": "en"})
        self.store_interviews()
        link = self.make_shortlist()
        self.show_invitations()
        self.open_as_reviewer()
        self.show_recruiters_mail()
        return link

    # --- the steps ---

    def store_interviews(self):
        with open(f"{ROOT}/deploy/demo/interviews.json", encoding="utf-8") as file:
            self.interviews = json.load(file)
        for interview in self.interviews:
            self.api.put(f"/v1/interviews/{interview['id']}", interview["document"])
        names = ", ".join(_name_of(each["document"]["candidate"]) for each in self.interviews)
        self.step(1, f"{len(self.interviews)} sample interviews stored, each by PUT /v1/interviews/{{id}}:", names)

    def make_shortlist(self):
        job = self.interviews[0]["document"]["job"]
        chosen = [each["id"] for each in self.interviews if each["document"]["job"]["id"] == job["id"]]
        link = self.api.post("/v1/share-links", {
            "kind": "advanced", "title": f"{job['title']}: shortlist", "owner": OWNER, "interview_ids": chosen,
            "reviewers": REVIEWERS, "settings": {}, "expires_in": {"value": 2, "unit": "weeks"}, "send_email": True,
            "message": MESSAGE,
        })
        self.step(2, f"{OWNER['name']} shares {len(chosen)} of them with two reviewers, one of whom reads German, "
                     f"under the brand of {BRAND['name']} (POST /v1/share-links, {link['id']}):",
                  "\n".join(f"{each['name']}: {each['url']}" for each in link["reviewers"]))
        return link

    def show_invitations(self):
        if not self.shows_mails:
            self.step(3, "The invitations go to the server in SHARELINK_SMTP_URL; this run cannot show them.")
            return
        mails = [self.mail_to(reviewer["email"], "the invitation") for reviewer in REVIEWERS]
        self.step(3, "Both invitations have arrived. The first one reads:")
        self.print_mail(mails[0])

    def open_as_reviewer(self):
        reviewer = REVIEWERS[0]
        link = self.mailed_link() if self.shows_mails else self.link_by_api()
        path, passcode = urlsplit(link).path, urlsplit(link).fragment
        # A browser sends no fragment with the page's URL; the page's script posts it when the button is pressed.
        browser = Client(self.stack.front.url(), {"User-Agent": BROWSER, "Origin": _origin(link)})
        browser.get(path)
        visit = browser.post(path + "/open", {"passcode": passcode})
        content = browser.get(path + "/content")
        shown = ", ".join(each["candidate"]["display_name"] for each in content["interviews"])
        self.step(4, f"{reviewer['name']} follows the mailed link, presses the button (visit {visit['visit_id']}) "
                     f"and sees {content['total']} candidates:", shown)

    def show_recruiters_mail(self):
        if not self.shows_mails:
            return
        mail = self.mail_to(OWNER["email"], "the mail that tells of the visit")
        self.step(5, f"{OWNER['name']} is told at once:")
        self.print_mail(mail)

    def show_what_is_there(self, link_id):
        link = self.api.get(f"/v1/share-links/{link_id}")
        self.say(f"\nThe newest share link: {link['title']} ({link_id}, {link['state']}), "
                 f"{link['interview_count']} candidate{'' if link['interview_count'] == 1 else 's'}.")
        for reviewer in link["reviewers"]:
            visits = "opened it" if reviewer["open_count"] else "has not opened it"
            self.say(f"  {reviewer['name']}, {visits}: {reviewer['url']}")
        self.say(f"  {len(mail_files(self.stack.mail.mail_dir))} mails so far in {self.stack.mail.mail_dir}")
        return link

    # --- mails ---

    def mail_to(self, address, what):
        def first():
            mails = (read_mail(path) for path in mail_files(self.stack.mail.mail_dir))
            return next((mail for mail in mails if address in mail.get_all("X-Envelope-To", [])), None)
        try:
            return wait_until(first, STEP_SECONDS, f"{what} to {address}", self.between)
        except Failure as failure:
            raise Failure(f"{failure}; look at {self.stack.notifications.log}") from None

    def mailed_link(self):
        text = text_of(self.mail_to(REVIEWERS[0]["email"], "the invitation"))
        found = re.search(r"https?://[^\s<>]+/s/[^\s<>#]+#[A-Za-z0-9_-]+", text)
        if not found:
            raise Failure(f"the invitation holds no link with a passcode:\n{text}")
        return found[0]

    def link_by_api(self):
        newest = self.api.get("/v1/share-links?limit=1")["data"][0]["id"]
        return self.api.get(f"/v1/share-links/{newest}")["reviewers"][0]["url"]

    def print_mail(self, mail):
        heads = [f"{name}: {mail[name]}" for name in ("From", "To", "Subject")]
        self.say(textwrap.indent("\n".join([*heads, "", text_of(mail)]), "      | ", lambda _line: True))

    def step(self, number, text, more=""):
        self.say(textwrap.fill(f"{number}. {text}", 110, initial_indent="\n  ", subsequent_indent="     ",
                               break_long_words=False, break_on_hyphens=False))
        for line in more.splitlines():
            self.say(textwrap.fill(line, 110, initial_indent="     ", subsequent_indent="     ", break_long_words=False,
                                   break_on_hyphens=False))


def _name_of(candidate):
    return f"{candidate['first_name']} {candidate['last_name']}"


def _origin(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
