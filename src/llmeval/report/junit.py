"""The gates as JUnit XML, for CI servers that show it."""

from __future__ import annotations

from xml.etree import ElementTree

from llmeval.records import Summary, Verdict

__all__ = ["render_junit"]


def render_junit(summary: Summary) -> str:
    """Return one test case a gate; a blocking gate that does not hold is a failure, a broken
    measurement (ERROR) an error, a waived gate is skipped with who waived it."""
    gates = summary.gates
    suite = ElementTree.Element(
        "testsuite",
        name="llmeval",
        tests=str(len(gates)),
        failures=str(sum(v.blocks and v.verdict != "ERROR" for v in gates)),
        errors=str(sum(v.blocks and v.verdict == "ERROR" for v in gates)),
        skipped=str(sum(v.verdict == "WAIVED" for v in gates)),
    )
    for verdict in gates:
        _add(suite, verdict)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _add(suite: ElementTree.Element, verdict: Verdict) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=_legal(verdict.model), name=_legal(verdict.name)
    )
    properties = ElementTree.SubElement(case, "properties")
    for name in ("verdict", "estimate", "low", "high", "n", "threshold", "explanation"):
        value = _legal(str(getattr(verdict, name)))
        ElementTree.SubElement(properties, "property", name=name, value=value)
    message = _legal(f"{verdict.verdict}: {verdict.explanation}")
    if verdict.blocks:
        kind = "error" if verdict.verdict == "ERROR" else "failure"
        ElementTree.SubElement(case, kind, message=message)
    elif verdict.verdict == "WAIVED":
        ElementTree.SubElement(case, "skipped", message=message)


def _legal(text: str) -> str:
    """Return the text without the characters that XML 1.0 forbids."""
    return "".join(
        c
        if c in "\t\n" or 0x20 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE or ord(c) > 0xFFFF
        else "�"
        for c in text
    )
