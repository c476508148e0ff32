"""What is said to a model and how its answer is read: pure functions, no socket, no clock.

``chat`` is OpenAI's chat/completions, ``generate_content`` Gemini's own protocol (with
``generation_config`` for its settings and ``finish_reasons`` for what they mean), ``messages`` that
of Anthropic's models on Vertex AI, ``predict`` whatever a container of one's own speaks (with
``request_template`` for what it is sent and ``prediction`` for what the common ones answer).
``dialect`` says what they have in common, ``error_objects`` and ``google_errors`` what servers say
when they cannot.
"""
