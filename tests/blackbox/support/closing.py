"""Answers' schemas without the room that they leave.

A caller must bear members that are new to it, so the schemas of answers are open. What a daemon answers is to be documented
all the same: closed() makes every object of them one that has no other members than those that are named.
"""

import copy

FREE = None  # of an object that says itself which other members it has


def closed(document):
    """A copy whose answers are closed; their components are found under #/closed."""
    document = copy.deepcopy(document)
    closing = Closing(document)
    replies = list(document.get("components", {}).get("responses", {}).values())
    replies += [reply for item in document["paths"].values() for operation in item.values() if isinstance(operation, dict)
                for reply in operation.get("responses", {}).values()]
    for reply in replies:
        for media in reply.get("content", {}).values():
            if "schema" in media:
                media["schema"] = closing.close(media["schema"])
    return document


class Closing:
    def __init__(self, document):
        self.document = document
        self.components = document.setdefault("closed", {})

    def close(self, schema, named=frozenset()):
        """`named`: members that schemas around it, of the same object, name."""
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema and not named and set(schema) <= {"$ref", "description"}:
            return {"$ref": self.component(schema["$ref"])}
        own = self.names(schema)
        if own is FREE:
            return self.inside(schema, FREE)
        named = named | own
        made = self.inside(schema, named)
        if named and not self.has_choice(schema):
            made["properties"] = {**dict.fromkeys(named, True), **made.get("properties", {})}
            made["additionalProperties"] = False
        return made

    def component(self, reference):
        name = reference.removeprefix("#/").replace("/", ".")
        if name not in self.components:
            self.components[name] = {}  # it may refer to itself
            self.components[name].update(self.close(self.resolved(reference)))
        return f"#/closed/{name}"

    def inside(self, schema, named):
        """The same, with what is in it closed; it itself stays open."""
        if not isinstance(schema, dict):
            return schema
        made = {word: value for word, value in schema.items() if word != "$ref"}
        for word in ("properties", "patternProperties"):
            if word in schema:
                made[word] = {name: self.close(part) for name, part in schema[word].items()}
        for word in ("items", "additionalProperties"):
            if word in schema:
                made[word] = self.close(schema[word])
        if "prefixItems" in schema:
            made["prefixItems"] = [self.close(part) for part in schema["prefixItems"]]
        wholes = list(schema.get("allOf", [])) + ([self.resolved(schema["$ref"])] if "$ref" in schema else [])
        if wholes:
            made["allOf"] = [self.inside(part, named) for part in wholes]
        for word in ("anyOf", "oneOf"):
            if word in schema:
                made[word] = [self.inside(part, FREE) if named is FREE else self.close(part, named) for part in schema[word]]
        return made

    def names(self, schema):
        """Members that it names, but those of a choice; or FREE."""
        if not isinstance(schema, dict):
            return frozenset()
        if schema.get("additionalProperties", False) is not False or "patternProperties" in schema:
            return FREE
        found = frozenset(schema.get("properties", {}))
        for part in [*schema.get("allOf", []), *([self.resolved(schema["$ref"])] if "$ref" in schema else [])]:
            names = self.names(part)
            if names is FREE:
                return FREE
            found |= names
        return found

    def has_choice(self, schema):
        if not isinstance(schema, dict):
            return False
        parts = [*schema.get("allOf", []), *([self.resolved(schema["$ref"])] if "$ref" in schema else [])]
        return bool({"anyOf", "oneOf"} & set(schema)) or any(map(self.has_choice, parts))

    def resolved(self, reference):
        node = self.document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]
        return node
