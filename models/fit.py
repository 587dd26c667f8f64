"""Fitting one network by gradient descent on random crops."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.crops import EPOCHS_PER_BATCH, FULL, Batch, Variation, draw_batch
from models.data import IGNORED, Night
from models.network import StagerNetwork

LEARNING_RATE, WEIGHT_DECAY, WARM_UP = 3e-3, 0.01, 0.1
MAX_GRADIENT = 1.0
AVERAGE_DECAY = 0.98
"""Of the moving average of the weights, which is the result."""
_TELL_EVERY = 10


def fit(
    nights: Sequence[Night],
    passes: int,
    seed: int,
    progress: Callable[[float], None],
    variation: Variation = FULL,
) -> StagerNetwork:
    """Fit a network on the GPU if there is one, else on one thread of the CPU.

    On a CPU the same seed gives the same weights. A GPU rounds and adds otherwise: its weights are
    others, and may differ from run to run.

    Parameters
    ----------
    nights : sequence of Night
        To learn from.
    passes : int
        How often each epoch is seen, on average.
    seed : int
        Of the first weights and of the crops.
    progress : callable
        Told the share that is done, 0 to 1.
    variation : Variation
        How the crops are varied.

    Returns
    -------
    StagerNetwork
        On the CPU, ready to be exported.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = StagerNetwork().to(device)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY))
    steps = max(2, passes * sum(len(night.labels) for night in nights) // EPOCHS_PER_BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = OneCycleLR(optimiser, LEARNING_RATE, steps, pct_start=WARM_UP)
    for done in range(steps):
        optimiser.zero_grad()
        _loss(network, draw_batch(nights, rng, variation), device).backward()
        nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT)
        optimiser.step()
        schedule.step()
        average.update_parameters(network)
        if done % _TELL_EVERY == 0:
            progress(done / steps)
    progress(1.0)
    return average.module.cpu().eval()


def _loss(network: StagerNetwork, batch: Batch, device: torch.device) -> Tensor:
    """Cross entropy over the epochs that have a label."""
    arrays = (batch.features, batch.weight, batch.eog, batch.labels)
    *inputs, labels = (torch.from_numpy(array).to(device) for array in arrays)
    logits = network(*inputs)
    return nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
