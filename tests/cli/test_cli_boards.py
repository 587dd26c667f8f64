import json

import pytest
from typer.testing import CliRunner

from monitor.domain.errors import SourceError
from service.cli import app

run = CliRunner().invoke


def test_boards_lists_openbcis_with_rate_and_channels():
    result = run(app, ["boards", "--json"])
    kinds = {kind["name"]: kind for kind in json.loads(result.stdout)}
    told = {name: (kinds[name]["sfreq"], len(kinds[name]["ch_names"])) for name in kinds}
    assert told["cyton"] == (250, 8)
    assert told["cyton-daisy"] == (125, 16)
    assert told["ganglion"] == (200, 4)
    assert kinds["cyton"]["numbered"]
    assert "cyton-daisy" in run(app, ["boards"]).stdout


def test_doctor_looks_at_a_real_board_and_says_what_it_found():
    spec = "board:synthetic?channels=1:C3-M2"
    result = run(app, ["doctor", spec, "--seconds", "3", "--json"])
    found = json.loads(result.stdout)
    assert found["source"] == spec
    assert found["n_lost"] == 0
    assert found["n_received"] > 600
    assert [c["name"] for c in found["channels"]] == ["C3-M2"]
    assert result.exit_code == (0 if found["usable"] else 1)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("board:cyton?port=/dev/there-is-none", "is the dongle plugged in"),
        ("edf:night.edf", "is a recording"),
    ],
)
def test_doctor_without_a_connection_says_what_to_do(spec, told):
    result = run(app, ["doctor", spec])
    assert isinstance(result.exception, SourceError)
    assert told in str(result.exception)
