"""What a training run is told; free of torch, so that the command line can show its defaults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    Parameters
    ----------
    folds : int
        Of the subject-wise cross-validation.
    passes : int
        How often every training night is seen, on average.
    seed : int
        Of the folds, the weights and the crops. The same seed gives the same model on the same
        machine and library versions.
    jobs : int
        Processes at a time, of one thread each; it changes no result.
    members : int
        Networks in a model, of one shape and different seeds, whose logits are averaged: steadier
        on signal unlike the training's than any of them.
    """

    folds: int = 5
    passes: int = 40
    seed: int = 0
    jobs: int = 2
    members: int = 2


DEFAULT_PLAN = Plan()
