"""Settings: where they come from, and that none is silently wrong."""

from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import Settings, is_loopback, load_settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DREAMWATCH_{name.upper()}", raising=False)


def toml(path: Path, text: str) -> Path:
    file = path / "settings.toml"
    file.write_text(text)
    return file


def test_command_line_comes_before_environment_before_file(tmp_path, monkeypatch):
    file = toml(tmp_path, 'port = 1001\nclient_queue = 77\nsources = ["sim:"]\nhost = "::1"')
    monkeypatch.setenv("DREAMWATCH_PORT", "1002")
    monkeypatch.setenv("DREAMWATCH_CLIENT_QUEUE", "88")
    settings = load_settings(file, port=1003, host=None)
    assert (settings.port, settings.client_queue) == (1003, 88)
    assert settings.sources == ("sim:",)
    assert settings.host == "::1"


def test_the_data_directory_is_the_users_unless_said_otherwise(tmp_path, monkeypatch):
    assert load_settings().data_dir.name == "dreamwatch"
    monkeypatch.setenv("DREAMWATCH_DATA_DIR", str(tmp_path))
    assert load_settings().data_dir == tmp_path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 8000", "unknown setting 'prot'"),
        ("port = 70000", "'port'.*65535"),
        ("port = ", "not valid TOML"),
        ('host = "0.0.0.0"', "'0.0.0.0' is not a loopback address"),
        ("sources = 3", "'sources'"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message):
        load_settings(toml(tmp_path, text))


def test_a_file_that_is_no_utf_8_is_an_error(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_bytes('host = "schläfer"'.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"not valid TOML.*utf-8"):
        load_settings(file)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(SettingsError, match="no settings file"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("name", "value"), [("DREAMWATCH_PROT", "1"), ("DREAMWATCH_SOURCES", "sim:")]
)
def test_a_wrong_environment_is_an_error(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name.removeprefix("DREAMWATCH_")[:4] + "|sources"):
        load_settings()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_is_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", "localhost.x"])  # noqa: S104
def test_all_else_is_refused_in_the_clear(host):
    assert not is_loopback(host)
    with pytest.raises(SettingsError, match=r"loopback.*tls_cert.*proxy"):
        load_settings(host=host)


def test_beyond_loopback_a_wildcard_needs_the_names_it_is_called_by():
    with pytest.raises(SettingsError, match="allowed_hosts"):
        load_settings(host="0.0.0.0", proxy="10.0.0.2")  # noqa: S104
    chosen = load_settings(host="0.0.0.0", proxy="10.0.0.2", allowed_hosts=("sleep.lab",))  # noqa: S104
    assert chosen.is_exposed
    assert chosen.is_encrypted


def test_a_certificate_needs_its_key(tmp_path):
    with pytest.raises(SettingsError, match="tls_cert and tls_key"):
        load_settings(tls_cert=tmp_path / "cert.pem")


@pytest.mark.parametrize("given", [{"proxy": "127.0.0.1"}, {"allowed_hosts": ("sleep.lab",)}])
def test_who_calls_loopback_by_another_name_is_not_on_this_machine(given):
    assert not load_settings().is_exposed
    assert load_settings(**given).is_exposed


@pytest.mark.parametrize(
    "given",
    [
        {"proxy": "*"},
        {"proxy": " "},
        {"proxy": "nginx"},
        {"proxy": "0.0.0.0/0"},
        {"proxy": "192.0.2.1/24"},
        {"allowed_hosts": ("*",)},
        {"allowed_hosts": ("*.lab",)},
        {"allowed_hosts": ("sleep.lab:8000",)},
        {"allowed_origins": ("null",)},
        {"allowed_origins": ("*",)},
        {"allowed_origins": ("https://sleep.lab/",)},
        {"allowed_origins": ("sleep.lab",)},
    ],
)
def test_nobody_is_let_in_by_a_name_that_fits_everybody_or_nobody(given):
    [name] = given
    with pytest.raises(SettingsError, match=f"setting {name!r}"):
        load_settings(**given)


def test_names_addresses_networks_and_origins_are_taken():
    names, origins = ("sleep.lab", "[2001:db8::1]", "192.0.2.1"), ("https://desk.lab:8443",)
    chosen = load_settings(
        proxy="192.0.2.2, 10.0.0.0/8", allowed_hosts=names, allowed_origins=origins
    )
    assert (chosen.allowed_hosts, chosen.allowed_origins) == (names, origins)
    assert [str(network) for network in chosen.proxies] == ["192.0.2.2/32", "10.0.0.0/8"]
