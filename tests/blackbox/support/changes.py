"""What tests of changes ask again and again: the events of a link, and what a reviewer meets at the door."""

from .api import Reviewer


def events_of(stack, link_id, after=0):
    """(type, data) of the link's events in the order of their ids, without the first `after`."""
    rows = stack.db.rows("select type, data from events.log where share_link_id = %s order by id", link_id)
    return [(row["type"], row["data"]) for row in rows[after:]]


def event_types(stack, link_id, after=0):
    return [name for name, _ in events_of(stack, link_id, after)]


def inside(stack, link, number=0):
    """The browser of a reviewer who has opened the link and sees its content."""
    reviewer = stack.reviewer(link, number)
    reviewer.open(status=200)
    reviewer.content(status=200)
    return reviewer


def doors(reviewer):
    """What the reviewer's next requests meet: (page, open, content)."""
    return tuple(answer.status_code for answer in (reviewer.see_page(), reviewer.open(), reviewer.content()))


def opens(stack, url):
    """Whether a browser that has never been there gets in by this URL."""
    return Reviewer(stack.views.url(), url).open().status_code == 200


def snapshot(stack):
    """All that the links service owns, to see that a refused call changed nothing."""
    tables = {"share_links": "id", "reviewers": "id", "share_link_interviews": "share_link_id, interview_id"}
    rows = {table: stack.db.rows(f"select * from links.{table} order by {key}") for table, key in tables.items()}
    return rows, stack.db.value("select count(*) from events.log")


def made_basic(stack, link):
    """The link, turned into the basic link of its first interview behind the API's back."""
    stack.db.rows("update links.share_links set kind = 'basic', basic_of = %s where id = %s", link["interview_ids"][0], link["id"])
    return link
