"""The network: a set of channels in, stage logits out, one epoch after the other."""

import torch
from torch import Tensor, nn

from monitor.domain.stage import STAGES
from monitor.staging.context import N_FEATURES
from monitor.staging.stager import MIN_WEIGHT


class StagerNetwork(nn.Module):
    """A recurrent network over a set of channels.

    One gated recurrent unit, shared by all channels, reads each channel by itself. The mean over
    the EEG channels and the mean over the EOG channels, weighed by how good each is now, feed a
    second unit that follows the sleeper. So any number of channels will do, their order does not
    matter, and a lost channel leaves its mean to the others.

    Parameters
    ----------
    channel_units, units : int
        Widths of the two recurrent units.
    dropout : float
        Share of values dropped before the second unit and before the head while training.
    """

    def __init__(self, channel_units: int = 96, units: int = 144, dropout: float = 0.2) -> None:
        super().__init__()
        self.channel = nn.GRU(N_FEATURES + 2, channel_units)
        self.sleeper = nn.GRU(2 * channel_units + 2, units)
        self.head = nn.Linear(units, len(STAGES))
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor, weight: Tensor, eog: Tensor) -> Tensor:
        """Logits of whole crops.

        Parameters
        ----------
        features : Tensor, shape (n_epochs, batch, n_channels, N_FEATURES)
        weight : Tensor, shape (n_epochs, batch, n_channels)
            How good the channel is, up to 1; 0 where it is unusable.
        eog : Tensor, shape (batch, n_channels)
            1 for EOG channels, 0 for EEG.

        Returns
        -------
        Tensor, shape (n_epochs, batch, 5)
        """
        kind = eog.expand_as(weight)
        usable = (weight > 0).to(features.dtype)
        inputs = torch.cat([features, usable[..., None], kind[..., None]], dim=-1)
        hidden, _ = self.channel(inputs.flatten(1, 2))
        hidden = self.dropout(hidden.unflatten(1, features.shape[1:3]))
        sets = [_pool(hidden, weight * (1 - kind)), _pool(hidden, weight * kind)]
        sleeper, _ = self.sleeper(torch.cat([*sets], dim=-1))
        return self.head(self.dropout(sleeper))


def _pool(hidden: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean over the channels, and whether there was any."""
    total = weight.sum(dim=-1, keepdim=True)
    mean = (hidden * weight[..., None]).sum(dim=-2) / total.clamp(min=MIN_WEIGHT)
    return torch.cat([mean, (total > 0).to(hidden.dtype)], dim=-1)
