"""Writing networks as one ONNX graph whose state goes in and comes out, one epoch a step."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper, parser

from models.network import StagerNetwork
from models.predict import Correction
from monitor.domain.stage import STAGES
from monitor.staging.context import N_FEATURES
from monitor.staging.stager import MIN_WEIGHT

_CORRECTION = ("temperature", "bias")

_GRU = """
    {name}_i = MatMul({name}_x, {name}_weight_ih)
    {name}_h = MatMul({name}_state, {name}_weight_hh)
    {name}_ib = Add({name}_i, {name}_bias_ih)
    {name}_hb = Add({name}_h, {name}_bias_hh)
    {name}_ir, {name}_iz, {name}_in = Split <axis = -1> ({name}_ib)
    {name}_hr, {name}_hz, {name}_hn = Split <axis = -1> ({name}_hb)
    {name}_sr = Add({name}_ir, {name}_hr)
    {name}_r = Sigmoid({name}_sr)
    {name}_sz = Add({name}_iz, {name}_hz)
    {name}_z = Sigmoid({name}_sz)
    {name}_rh = Mul({name}_r, {name}_hn)
    {name}_sn = Add({name}_in, {name}_rh)
    {name}_n = Tanh({name}_sn)
    {name}_change = Sub({name}_state, {name}_n)
    {name}_kept = Mul({name}_z, {name}_change)
    next_{name}_state = Add({name}_n, {name}_kept)
"""

_TOTAL = """
    {kind}_column = Unsqueeze({kind}, last)
    {kind}_total = ReduceSum <keepdims = 0> ({kind}_column, channel_axis)
    {kind}_seen = Greater({kind}_total, zero)
    {kind}_any = Cast <to = 1> ({kind}_seen)
    {kind}_divisor = Max({kind}_total, min_weight)
"""

_POOL = """
    {member}_{kind}_hidden = Mul(next_{member}_channel_state, {kind}_column)
    {member}_{kind}_sum = ReduceSum <keepdims = 0> ({member}_{kind}_hidden, channel_axis)
    {member}_{kind}_mean = Div({member}_{kind}_sum, {kind}_divisor)
"""

_MEMBER = """
    {member}_channel_x = Identity(channel_x)
    {channel_gru}
    {pools}
    {member}_sleeper_x = Concat <axis = -1> ({member}_eeg_mean, eeg_any, {member}_eog_mean, eog_any)
    {sleeper_gru}
    {member}_head = MatMul(next_{member}_sleeper_state, {member}_head_weight)
    {member}_logits = Add({member}_head, {member}_head_bias)
"""

_MODEL = """
<ir_version: 8, opset_import: ["": 17]>
stager (
    float[dreamers, channels, {features}] features,
    float[dreamers, channels] weight,
    float[dreamers, channels] is_eog,
    float[dreamers, channels, {channel_units}] channel_state,
    float[dreamers, {units}] sleeper_state
) => (
    float[dreamers, {stages}] proba,
    float[dreamers, channels, {channel_units}] next_channel_state,
    float[dreamers, {units}] next_sleeper_state
) {{
    is_usable = Greater(weight, zero)
    usable = Cast <to = 1> (is_usable)
    usable_column = Unsqueeze(usable, last)
    is_eog_column = Unsqueeze(is_eog, last)
    channel_x = Concat <axis = -1> (features, usable_column, is_eog_column)
    eog = Mul(weight, is_eog)
    eeg = Sub(weight, eog)
    {totals}
    {channel_states} = Split <axis = -1> (channel_state)
    {sleeper_states} = Split <axis = -1> (sleeper_state)
    {members}
    next_channel_state = Concat <axis = -1> ({next_channel_states})
    next_sleeper_state = Concat <axis = -1> ({next_sleeper_states})
    logits = Mean({logits})
    tempered = Div(logits, temperature)
    calibrated = Add(tempered, bias)
    proba = Softmax <axis = -1> (calibrated)
}}
"""


def export_onnx(networks: Sequence[StagerNetwork]) -> bytes:
    """Serialise one step of some networks of one shape, whose logits are averaged.

    See `_MODEL` for its inputs and outputs; states of the members stand side by side.
    """
    names = [f"net{i}" for i in range(len(networks))]
    first = networks[0]
    model = parser.parse_model(
        _MODEL.format(
            features=N_FEATURES,
            stages=len(STAGES),
            channel_units=len(names) * first.channel.hidden_size,
            units=len(names) * first.sleeper.hidden_size,
            totals="".join(_TOTAL.format(kind=kind) for kind in ("eeg", "eog")),
            members="".join(map(_member, names)),
            channel_states=_each(names, "{}_channel_state"),
            sleeper_states=_each(names, "{}_sleeper_state"),
            next_channel_states=_each(names, "next_{}_channel_state"),
            next_sleeper_states=_each(names, "next_{}_sleeper_state"),
            logits=_each(names, "{}_logits"),
        )
    )
    constants = _CONSTANTS | {
        f"{name}_{weight}": value
        for name, network in zip(names, networks, strict=True)
        for weight, value in _weights(network).items()
    }
    model.graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in constants.items()
    )
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _member(name: str) -> str:
    return _MEMBER.format(
        member=name,
        channel_gru=_GRU.format(name=f"{name}_channel"),
        sleeper_gru=_GRU.format(name=f"{name}_sleeper"),
        pools="".join(_POOL.format(member=name, kind=kind) for kind in ("eeg", "eog")),
    )


def _each(names: Sequence[str], pattern: str) -> str:
    return ", ".join(map(pattern.format, names))


def with_correction(model: bytes, correction: Correction) -> bytes:
    """Put its correction into an exported model."""
    loaded = onnx.load_model_from_string(model)
    for constant in loaded.graph.initializer:
        if constant.name in _CORRECTION:
            value = np.array(getattr(correction, constant.name), np.float32)
            constant.CopyFrom(numpy_helper.from_array(value, constant.name))
    return bytes(loaded.SerializeToString())


_CONSTANTS: Mapping[str, NDArray[np.generic]] = {
    "last": np.array([-1]),
    "channel_axis": np.array([1]),
    "zero": np.zeros(1, np.float32),
    "min_weight": np.full(1, MIN_WEIGHT, np.float32),
    "temperature": np.ones((), np.float32),
    "bias": np.zeros(len(STAGES), np.float32),
}


def _weights(network: StagerNetwork) -> dict[str, NDArray[np.generic]]:
    """Weights under the names `_MEMBER` uses, matrices as (inputs, outputs)."""
    return {
        name.removesuffix("_l0").replace(".", "_"): np.ascontiguousarray(value.detach().numpy().T)
        for name, value in network.named_parameters()
    }
