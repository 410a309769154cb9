"""Hypothesis strategies made of the contracts' schemas, and the ways in which a sound request is spoiled.

What a schema cannot say (a moment, an address, a zone, an id of something that there is) is taken from a pool of values.
"""

import json

from hypothesis import strategies as st

TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)
NASTY = st.sampled_from(["", " ", "\u0000", "\u202eabc", "\u2028", "%00", "../..", "a" * 5000, "null", "' or 1=1 --", "\ud7ff", "😀" * 70, "-1", "1e400", "ß" * 254])
FORMATS = {
    "date-time": st.sampled_from(["2026-11-22T09:30:00Z", "2027-01-01T00:00:00.123+05:30", "2020-02-29T23:59:60Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]),
    "email": st.sampled_from(["a@b.example", "Ada.Example@B\u00dcCHER.example", "x+y@sub.domain.example", "a@xn--bcher-kva.example"]),
    "uri": st.sampled_from(["https://hooks.example/x", "https://media.example/a.mp4", "s3://bucket/key", "media:a/b.vtt"]),
}


class Schemas:
    """Of one document."""

    def __init__(self, contract, pool):
        self.contract, self.pool, self.made = contract, pool, {}

    def of(self, schema, name=None, depth=0):
        schema = self.contract.resolved(schema) if isinstance(schema, dict) else {}
        known = self.pool.named(name)
        made = self._of(schema, depth)
        return st.one_of(made, known, known) if known is not None else made

    def _of(self, schema, depth):
        key = (id(schema), depth > 6)
        if key not in self.made:
            self.made[key] = schema, st.deferred(lambda: self._make(schema, depth))  # kept, so that no other gets its id
        return self.made[key][1]

    def _make(self, schema, depth):
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return st.one_of([self.of(each, depth=depth + 1) for each in schema[word]])
        if "allOf" in schema:
            return self.of(schema["allOf"][0], depth=depth + 1)
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return st.one_of([getattr(self, f"_{kind}")(schema, depth) for kind in kinds])

    def _null(self, _schema, _depth):
        return st.none()

    def _boolean(self, _schema, _depth):
        return st.booleans()

    def _integer(self, schema, _depth):
        return st.integers(schema.get("minimum", -3), schema.get("maximum", 2**53))

    def _number(self, schema, _depth):
        return st.floats(schema.get("minimum", -3), schema.get("maximum", 1e9), allow_nan=False, allow_infinity=False)

    def _string(self, schema, _depth):
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True).map(lambda text: text[:schema.get("maxLength", 500)])
        least = schema.get("minLength", 0)
        return st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=least, max_size=max(least, min(schema.get("maxLength", 40), 60)))

    def _array(self, schema, depth):
        most = min(schema.get("maxItems", 3), 1 if depth > 4 else 3)
        return st.lists(self.of(schema.get("items", {}), depth=depth + 1), min_size=schema.get("minItems", 0), max_size=max(most, schema.get("minItems", 0)))

    def _object(self, schema, depth):
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not properties:
            values = schema.get("additionalProperties")
            return st.dictionaries(st.from_regex(r"[a-z_]{1,10}", fullmatch=True), self.of(values if isinstance(values, dict) else {}, depth=depth + 1), max_size=3)
        return st.fixed_dictionaries({name: self.of(properties[name], name, depth + 1) for name in required if name in properties},
                                     optional={name: self.of(value, name, depth + 1) for name, value in properties.items() if name not in required})


def spoil(draw, value):
    """Of a JSON value one with one place changed, mostly so that it breaks a rule."""
    places = list(walk(value))
    holder, key = draw(st.sampled_from(places)) if places else (None, None)
    other = draw(st.one_of(NASTY, st.none(), st.booleans(), st.integers(-2**70, 2**70), st.just([]), st.just({}), st.just([[]]), TEXT, st.floats(allow_nan=False, allow_infinity=False)))
    how = draw(st.sampled_from(["other", "other", "gone", "more", "many"]))
    if holder is None:
        return other
    if how == "gone":
        del holder[key]
    elif how == "more" and isinstance(holder, dict):
        holder[draw(st.one_of(NASTY, TEXT))] = other
    elif how == "many" and isinstance(holder[key], list):
        holder[key] = holder[key] * 600
    else:
        holder[key] = other
    return value


def walk(value):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, inner in list(items):
        yield value, key
        yield from walk(inner)


def written(draw, value):
    """Its bytes: rarely not JSON at all."""
    text = json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 39)) == 0:
        at = draw(st.integers(0, 2**16)) % (len(text) + 1)
        text = text[:at] + draw(st.binary(max_size=3)) + text[at + draw(st.integers(0, 3)):]
    return text
