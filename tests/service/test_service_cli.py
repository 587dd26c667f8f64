"""``dreamwatch serve`` and ``watch``: one clear line and exit status 2 when they cannot start."""

import os
import socket
import sys

import pytest

from service.cli import main
from service.cli.serve import warn_of_what_others_read
from service.store import Store


def run(monkeypatch, capsys, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["dreamwatch", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    return ended.value.code, said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "tape:night"], "'tape:night' must begin with"),
        (["--source", "edf:missing.edf"], "missing.edf"),
        (["--source", "sim:?speed=fast"], "speed=fast"),
        (["--host", "0.0.0.0"], "not a loopback address"),  # noqa: S104
        (["--port", "70000"], "65535"),
        (["--config", "none.toml"], "no settings file none.toml"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(
    monkeypatch, capsys, tmp_path, arguments, message
):
    code, said = run(
        monkeypatch, capsys, "serve", "--port", "0", "--data-dir", str(tmp_path), *arguments
    )
    assert code == 2
    assert message in said


def test_what_a_command_writes_is_for_this_user_alone(monkeypatch, tmp_path):
    before = os.umask(0o022)
    try:
        folder = tmp_path / "data"
        made = ["token", "create", "Ann", "--role", "viewer", "--data-dir", str(folder)]
        monkeypatch.setattr(sys, "argv", ["dreamwatch", *made])
        with pytest.raises(SystemExit):
            main()
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_what_others_can_read_is_said(capsys, tmp_path):
    key, folder = tmp_path / "key.pem", tmp_path / "data"
    key.touch(mode=0o604)
    key.chmod(0o604)
    folder.mkdir(mode=0o700)
    warn_of_what_others_read(folder, key, None, tmp_path / "missing")
    said = capsys.readouterr().err.splitlines()
    assert said == [f"warning: others can use {key}: chmod o-rwx {key}"]


def test_a_taken_port_is_named(monkeypatch, capsys, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = ("serve", "--port", port, "--data-dir", str(tmp_path))
        code, said = run(monkeypatch, capsys, *arguments)
    assert (code, f"port {port}" in said) == (2, True)


def test_a_data_directory_in_use_is_named(monkeypatch, capsys, tmp_path):
    with Store(tmp_path):
        arguments = ("serve", "--port", "0", "--data-dir", str(tmp_path))
        code, said = run(monkeypatch, capsys, *arguments)
    assert (code, "another service" in said) == (2, True)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1", "nonsense", "http://[x", "ws://[x"])
def test_what_is_no_websocket_address_is_said(monkeypatch, capsys, url):
    code, said = run(monkeypatch, capsys, "watch", url)
    assert code == 2
    assert url in said
