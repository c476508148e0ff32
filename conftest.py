"""Nothing that this project starts reports home: the libraries it may load are told so first."""

import os

for _name, _value in {
    "DO_NOT_TRACK": "1",
    "GISKARD_TELEMETRY_DISABLED": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "NEMO_GUARDRAILS_NO_USAGE_STATS": "1",
}.items():
    os.environ.setdefault(_name, _value)
