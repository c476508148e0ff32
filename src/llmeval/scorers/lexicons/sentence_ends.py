"""What tells whether a full stop in English ends a sentence: abbreviations and likely starters."""

from __future__ import annotations

from typing import Final

__all__ = ["ABBREVIATIONS", "COMMON", "STARTERS"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


ABBREVIATIONS: Final = _set("""
    mr mrs ms dr prof sen rep reps gov gen col lt maj capt adm st jr sr messrs hon rev sgt
    inc corp co cos ltd bros cie vs ave jan feb aug sept oct nov dec tues ala ariz calif
    colo conn del fla ga ill kan ky mass mich minn nev okla ore pa tenn va w.va wash wis yr
    ct a.c a.h a.m a.s a.t b.f b.v c.v d.c d.h d.w e.f e.h e.l e.m f.g g.f g.k h.f h.m i.m.s
    j.b j.c j.j j.k j.p j.r k.c l.a l.f l.p m.b.a m.d.c m.j m.j.b n.c n.d n.h n.j n.m n.v
    n.y p.a.m p.m ph.d r.a r.h r.i r.j r.k r.t s.a s.c s.g s.p.a s.s t.j u.k u.n u.s u.s.a
    u.s.s.r w.c w.r w.w b c d e f g h j k l m n p r s t v w
""")
"""Without their last full stop, lower case: what newspapers abbreviate."""

STARTERS: Final = _set("""
    after also although among another as at because besides but despite during even first
    for from he her here his how however i if in indeed instead it its last many meanwhile
    moreover most nevertheless no nor on once one our others right separately she similarly
    since so some still such that the their then there these they this those though thus to
    under until we what when where while with yesterday yet you
""")
"""Words that often begin a sentence after an abbreviation."""

COMMON: Final = STARTERS | _set("""
    a an and any are be both by can do does each either every few had has have having is let
    more much my neither not nothing now or other please several than through too using was
    were which who why will would your
""")
"""Words that are written in lower case unless they begin a sentence."""
