# ruff: noqa: E501 - word lists
"""Irregular English forms and the base form that stands for them."""

from __future__ import annotations

from typing import Final

__all__ = ["IRREGULAR"]

_FORMS = """
    buy bought; say said; tell told; go went gone goes; come came; take took taken; give gave given
    get got gotten; make made; find found; think thought; know knew known; see saw seen; hold held
    keep kept; leave left; lose lost; meet met; pay paid; sell sold; send sent; spend spent; teach taught
    win won; write wrote written; speak spoke spoken; break broke broken; build built; begin began begun
    bring brought; catch caught; choose chose chosen; draw drew drawn; drink drank drunk; drive drove driven
    eat ate eaten; fall fell fallen; feel felt; fight fought; fly flew flown; forget forgot forgotten
    grow grew grown; hear heard; hide hid hidden; lead led; lend lent; lie lay lain; mean meant
    ride rode ridden; ring rang rung; rise rose risen; run ran; sing sang sung; sit sat; sleep slept
    stand stood; steal stole stolen; swim swam swum; throw threw thrown; understand understood
    wake woke woken; wear wore worn; become became; feed fed; shoot shot; show shown; sink sank sunk
    stick stuck; strike struck; swear swore sworn; tear tore torn; die died dying; man men; woman women
    child children; person people; foot feet; tooth teeth; mouse mice; wife wives; life lives
    knife knives; good better best; bad worse worst; far further farther; seek sought; flee fled
"""

IRREGULAR: Final[dict[str, str]] = {
    form: forms[0]
    for forms in (entry.split() for entry in _FORMS.replace("\n", ";").split(";"))
    for form in forms[1:]
}
"""Form -> base form."""
