"""Serving predictions: ``targets`` says who answers, ``calls`` what every call has in common,
``generating``, ``chatting`` and ``predicting`` are the methods, ``hooks`` those of batch jobs."""
