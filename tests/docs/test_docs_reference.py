"""The reference is what the program is; nothing that a person can use goes without a word."""

import inspect

import pytest

from monitor.alarm.rules import AlarmKind
from monitor.sources.spec import LINKS, OPENERS, parse_spec
from service.access.roles import Action
from service.contract import DATA, Message
from service.settings import Settings
from tests.docs import reference_events as events
from tests.docs import reference_parts as parts
from tests.docs.reference import PAGE, RENEW, reference
from tests.docs.reference_events import RAISED_WHEN

COMMANDS = dict(parts.walk_commands())


def test_the_reference_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == reference(), f"renew it: {RENEW}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_explained(name):
    command = COMMANDS[name]
    assert command.help
    silent = [p.name for p in command.params if p.param_type_name == "option" and not p.help]
    assert silent == []


def test_every_setting_is_explained():
    assert set(parts.parameters_of(Settings)) == set(Settings.model_fields)
    assert all(parts.parameters_of(Settings).values())


def test_every_right_is_explained():
    assert set(parts._documented_members(Action)) == {action.value for action in Action}


def test_every_route_says_what_it_does():
    routes = parts.walk_routes(parts.make_app())
    silent = [path for path, _, route in routes if not route.endpoint.__doc__]
    assert sorted(silent) == ["/api/v1/openapi.json", "/plotly.min.js"]


def test_every_message_says_what_it_tells():
    own = [name for name, shape in DATA.items() if "__doc__" in vars(shape) and shape.__doc__]
    assert own == list(DATA)


def test_every_alarm_says_when_it_is_raised():
    assert set(RAISED_WHEN) == set(AlarmKind)


def test_every_source_is_named_and_takes_the_common_options():
    assert set(parts.SOURCE_OPTIONS) == {*OPENERS, *LINKS}
    values = {"planned_minutes": "60", "profile": "child", "record": "no", "speed": "1"}
    query = "&".join(f"{name}={values.get(name, 'x')}" for name in parts.COMMON_OPTIONS)
    assert parse_spec(f"edf:night.edf?{query}").params == {}


def test_a_parameter_without_a_word_is_found():
    class Documented:
        """Nothing.

        Parameters
        ----------
        one, two : int
            Of both.
        three : str
            In two
            lines.
        """

    assert inspect.getdoc(Documented)
    assert parts.parameters_of(Documented) == {
        "one": "Of both.",
        "two": "Of both.",
        "three": "In two lines.",
    }


def test_a_setting_without_a_word_cannot_be_written_down(monkeypatch):
    class More(Settings):
        """A setting more.

        Parameters
        ----------
        host : str
            Documented.
        """

        unheard: int = 1

    monkeypatch.setattr(parts, "Settings", More)
    with pytest.raises(KeyError):
        parts.settings()


def test_whatever_is_new_changes_the_page(monkeypatch):
    async def listen() -> None:
        """Nothing."""

    class Newest(Message):
        """Something new."""

        figure: int

    app = parts.make_app()
    app.add_api_route("/api/v1/unheard", listen)
    monkeypatch.setitem(DATA, "unheard", Newest)
    for found in (parts.routes(app), events.messages()):
        assert "unheard" in found
    assert "unheard" not in PAGE.read_text(encoding="utf-8")
