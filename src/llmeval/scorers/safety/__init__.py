"""Whether an answer gives in: to an injected instruction, to a harmful request, to being asked for
its secrets; and whether it refuses what is harmless."""
