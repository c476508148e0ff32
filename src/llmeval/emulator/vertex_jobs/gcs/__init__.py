"""Cloud Storage in memory: ``wire`` (its dialect), ``objects``, ``uploads``, then ``storage``."""
