"""Fitting the network."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from models.crops import EPOCHS_PER_BATCH, Batch, draw_batch
from models.data import IGNORED, Night
from models.network import StagerNetwork

EPOCHS = 60
"""Passes over the training nights."""
LEARNING_RATE = 3e-3
AVERAGE_DECAY = 0.98
"""Of the moving average of the weights, which is the result."""


def fit(
    nights: Sequence[Night],
    epochs: int = EPOCHS,
    seed: int = 0,
    progress: Callable[[int, float], None] = lambda done, loss: None,
) -> StagerNetwork:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = StagerNetwork()
    steps = max(1, epochs * sum(len(night.labels) for night in nights) // EPOCHS_PER_BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, steps, pct_start=0.1)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE_DECAY)
    )
    for done in range(steps):
        loss = _loss(network, draw_batch(nights, rng))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        average.update_parameters(network)
        progress(done, float(loss))
    return average.module.eval()


def _loss(network: StagerNetwork, batch: Batch) -> torch.Tensor:
    logits = network(*map(torch.from_numpy, (batch.features, batch.usable, batch.eog)))
    labels = torch.from_numpy(batch.labels)
    return nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
