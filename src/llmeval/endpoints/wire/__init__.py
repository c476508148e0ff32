"""One HTTP call, from the connection to the last byte, and what can go wrong on the way.

``channel`` sends, ``exchange`` reads, ``sse`` splits an event stream, ``failures`` names what
happened.
"""
