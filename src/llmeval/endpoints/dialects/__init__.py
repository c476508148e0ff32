"""What is said to a model and how its answer is read: pure functions, no socket, no clock.

``chat`` is OpenAI's chat/completions, ``generate_content`` Gemini's own protocol, ``messages`` that
of Anthropic's models on Vertex AI, ``predict`` whatever a container of one's own speaks.
``dialect`` says what they have in common, ``error_objects`` and ``google_errors`` what servers say
when they cannot.
"""
