"""The causal stager: model bundle, per-dreamer state, hypnogram statistics."""
