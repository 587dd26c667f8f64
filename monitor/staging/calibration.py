"""Personal calibration: what one wearer's own night tells of the probabilities of the next.

The shipped weights stay as they are. The logarithms of the five probabilities are divided by a
temperature and each stage is given a bias; `models.calibrate` fits them to the stages that a human
gave to a night of the wearer.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import ModelError
from monitor.domain.stage import STAGES
from monitor.staging.bundle import ModelBundle

TEMPERATURES = (0.25, 4.0)
"""Least and greatest temperature: outside of them a file is damaged, no wearer is so far off."""
MAX_BIAS = 3.0
"""Greatest bias in natural logarithms: a factor of 20 in the odds of a stage."""
MAX_FILE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the probabilities of one wearer are corrected.

    Parameters
    ----------
    model_sha256 : str
        The model whose probabilities it corrects; it means nothing for another.
    temperature : float
        What the log probabilities are divided by, within `TEMPERATURES`.
    bias : dict of str to float
        What is then added for W, N1, N2, N3 and R, each within ± `MAX_BIAS`.
    date : str
        When it was fitted, ISO 8601.
    n_epochs : int
        30-s epochs it was fitted on.
    kappa_before, kappa_after : float or None
        Cohen's κ with the human stages within that night, which is in sample; None where it is not
        defined.

    Raises
    ------
    ModelError
        When a value is out of range.
    """

    model_sha256: str
    temperature: float
    bias: Mapping[str, float]
    date: str
    n_epochs: int
    kappa_before: float | None
    kappa_after: float | None

    def __post_init__(self) -> None:
        low, high = TEMPERATURES
        if not low <= self.temperature <= high:
            raise ModelError(f"temperature is {self.temperature}, expected {low:g} to {high:g}")
        for stage, value in self.bias.items():
            if not abs(value) <= MAX_BIAS:
                raise ModelError(f"bias of {stage} is {value}, expected at most {MAX_BIAS:g}")

    def apply(self, proba: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the corrected probabilities.

        Parameters
        ----------
        proba : ndarray, shape (..., 5)
            Probability of W, N1, N2, N3, R; NaN stays NaN.
        """
        return correct(proba, self.temperature, np.array([self.bias[stage] for stage in STAGES]))

    def check_model(self, bundle: ModelBundle) -> None:
        """Refuse to correct another model.

        Raises
        ------
        ModelError
            When it was fitted on another model than `bundle`.
        """
        if self.model_sha256 != bundle.card["sha256"]:
            raise ModelError(
                f"the calibration is of model {self.model_sha256[:12]}, "
                f"{bundle.name} is {bundle.card['sha256'][:12]}: calibrate anew"
            )

    def to_dict(self) -> dict[str, Any]:
        """JSON values under the field names."""
        return asdict(self)


def correct(
    proba: NDArray[np.floating], temperature: float, bias: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Divide the log probabilities, shape (..., 5), by a temperature and add a bias to each."""
    log = np.log(np.maximum(proba, np.finfo(np.float32).tiny)) / temperature + bias
    odds = np.exp(log - log.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def load_calibration(path: Path, bundle: ModelBundle) -> Calibration:
    """Read what ``dreamwatch calibrate`` wrote.

    Raises
    ------
    ModelError
        When the file cannot be read, is no calibration, or is of another model than `bundle`.
    """
    calibration = read_calibration(path)
    try:
        calibration.check_model(bundle)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return calibration


def read_calibration(path: Path) -> Calibration:
    """Read what ``dreamwatch calibrate`` wrote, of whichever model.

    Raises
    ------
    ModelError
        When the file cannot be read or is no calibration.
    """
    try:
        with path.open("rb") as opened:
            return _parse(json.loads(opened.read(MAX_FILE_BYTES)))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except KeyError as error:
        raise ModelError(f"{path} is no calibration: it has no {error}") from error
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ModelError(f"{path} is no calibration: {error}") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _parse(fields: Any) -> Calibration:
    if not isinstance(fields, dict):
        raise TypeError(f"it holds a {type(fields).__name__}, expected an object")
    bias = {stage.value: float(fields["bias"][stage.value]) for stage in STAGES}
    kappas = {name: fields[name] for name in ("kappa_before", "kappa_after")}
    return Calibration(
        model_sha256=str(fields["model_sha256"]),
        temperature=float(fields["temperature"]),
        bias=bias,
        date=str(fields["date"]),
        n_epochs=int(fields["n_epochs"]),
        **{name: value if value is None else float(value) for name, value in kappas.items()},
    )
