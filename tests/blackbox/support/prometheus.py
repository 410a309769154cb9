"""Prometheus' text format (0.0.4), read strictly: what breaks its rules is an AssertionError."""

import re
from collections import namedtuple

Family = namedtuple("Family", "kind samples")  # samples: {(name, ((label, value), ...)): number}

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
KINDS = ("counter", "gauge", "histogram", "summary", "untyped")


def parse(text):
    """The families by name."""
    assert text.endswith("\n")
    families, helped = {}, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in helped, f"two HELP lines of {name}"
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in KINDS and name not in families and name in helped, line
            families[name] = Family(kind, {})
        elif line and not line.startswith("#"):
            _take_sample(families, line)
    for name, family in families.items():
        if family.kind == "histogram":
            _check_histogram(name, family)
    return families


def value(families, name, **labels):
    """The sum of the samples of this name that have these labels."""
    return sum(number for family in families.values() for (sample, pairs), number in family.samples.items()
               if sample == name and labels.items() <= dict(pairs).items())


def _take_sample(families, line):
    found = SAMPLE.fullmatch(line)
    assert found, f"no sample: {line}"
    name, labels, number = found.groups()
    pairs = LABEL.findall(labels or "")
    assert LABEL.sub("", labels or "") == "", f"broken labels: {line}"
    family = families.get(name) or families.get(re.sub("_(bucket|sum|count)$", "", name))
    assert family, f"no TYPE before {line}"
    key = (name, tuple(sorted(pairs)))
    assert key not in family.samples, f"twice: {line}"
    family.samples[key] = float(number)
    assert family.kind != "counter" or (float(number) >= 0 and name.endswith("_total")), line


def _check_histogram(name, family):
    """Buckets are cumulative, and the last one, +Inf, is the count."""
    series = {}
    for (sample, pairs), number in family.samples.items():
        if sample == f"{name}_bucket":
            labels = dict(pairs)
            bound = float(labels.pop("le"))
            series.setdefault(tuple(sorted(labels.items())), []).append((bound, number))
    for labels, buckets in series.items():
        numbers = [number for _, number in sorted(buckets)]
        assert numbers == sorted(numbers), f"{name}{labels} is not cumulative"
        assert max(buckets)[0] == float("inf")
        assert numbers[-1] == family.samples[(f"{name}_count", labels)]
        assert (f"{name}_sum", labels) in family.samples
