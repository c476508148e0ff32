"""``python -m llmeval``: the command line without its script."""

import sys

from llmeval.cli import main

if __name__ == "__main__":
    sys.exit(main())
