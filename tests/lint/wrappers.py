"""A library's header appears only in the files that wrap it."""
import re

from tree import includes, sources

WRAPPERS = {
    r"hiredis/": {"redis/context.c", "redis/commands.c", "redis/value.c"},
    r"libpq-fe\.h": {"answer.c", "connection.c", "declared.c", "failure.c", "requests.c", "session.h", "sync.c", "target.c", "verdict.c"},
    r"curl/": {"fetch.c", "mail/curl_must.h", "mail/smtp.c", "mail/smtp_*.[ch]"},
    r"sodium": {"crypto.c"},
    r"cmark": {"markdown*.[ch]"},
    r"idn2": {"idn.c"},
    r"zlib": {"compress.c"},
    r"event2/http": {"server.c", "receive.c", "reply.c", "reply_fields.c", "reply_stream.c"},
}


def check():
    for path in sources("common/**/*.[ch]", "services/**/*.[ch]"):
        for number, included in includes(path):
            for library, wrappers in WRAPPERS.items():
                if re.match(library, included) and not any(path.match(wrapper) for wrapper in wrappers):
                    yield path, number, f"{included} belongs into its wrapper alone: {', '.join(sorted(wrappers))}"
