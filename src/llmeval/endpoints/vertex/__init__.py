"""Models on Vertex AI: looked up, asked in the format they speak, and told apart.

Reading order: ``references`` (what ``--model`` says), ``credentials`` (a token that is renewed
ahead of time), ``lookup`` (what is deployed), ``targets`` (format and address), ``endpoint`` (the
calls), ``advice`` (what to do about a failure). No Google SDK is loaded here but google-auth, where
a token is needed, and what ``batch`` needs.
"""
