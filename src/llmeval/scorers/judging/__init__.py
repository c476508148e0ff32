"""Scorers whose verdicts come from a model: ``verdicts`` reads what a judge says, ``judged`` asks
one judge or several for a label, ``pairwise`` compares two answers in both orders."""
