"""The protocols that models on Vertex speak, as pure functions: body to Request, Told to bodies.

``gemini_body`` and ``gemini_answer`` are generateContent, ``chat`` is chat/completions,
``messages`` is Anthropic's, ``containers`` are the protocols of predict and rawPredict.
"""
