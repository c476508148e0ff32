"""Models on Vertex AI: looked up, asked in the format they speak, and told apart.

Reading order: ``references`` (what ``--model`` says), ``accounts`` and ``credentials`` (who calls;
a token that is renewed ahead of time), ``lookup`` (what is deployed), ``formats`` and ``targets``
(how and where it is asked), ``opening`` (all of that, before the first call), ``endpoint`` (the
calls), ``grouping`` (several prompts in one), ``batching`` (all of them in a job), ``advice`` and
``diagnosis`` (what to do about a failure), ``regions`` and ``published`` (what a wrong reference
may have meant). No Google SDK is loaded here but google-auth, where a token is needed, and what
``batch`` needs.
"""
