"""From a trace, which is a claim, to evidence, which is measured."""
