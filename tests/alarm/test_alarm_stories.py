import dataclasses
import itertools

import pytest
from alarm_story import Story, read_stories

from monitor.alarm import table, wake

STORIES = read_stories()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name.replace(" ", "_"))
def test_story(story: Story) -> None:
    assert story.told() == story.text


def _guarded(module):
    guarded = [i for i, row in enumerate(module.TABLE) if row.guard is not module.always]
    return [pytest.param(module, i, id=f"{module.__name__}-{i}") for i in guarded]


@pytest.mark.parametrize(("module", "index"), _guarded(table) + _guarded(wake))
def test_some_story_fails_without_the_guard(module, index, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = itertools.count()

    def open_guard(*_args: object) -> bool:
        if next(calls) > 2_000:
            raise RuntimeError("the table runs in a circle without this guard")
        return True

    row = dataclasses.replace(module.TABLE[index], guard=open_guard)
    rows = (*module.TABLE[:index], row, *module.TABLE[index + 1 :])
    monkeypatch.setattr(module, "TABLE", rows)
    assert any(_differs(story) for story in STORIES)


def _differs(story: Story) -> bool:
    try:
        return story.told() != story.text
    except (RuntimeError, StopIteration, IndexError):
        return True


@pytest.mark.parametrize("module", [table, wake])
def test_every_row_of_the_table_is_in_some_story(module, monkeypatch: pytest.MonkeyPatch) -> None:
    used = set()

    def watched(index, row):
        action = row.change if module is table else row.move

        def note(*args):
            used.add(index)
            return action(*args)

        return dataclasses.replace(row, **{"change" if module is table else "move": note})

    rows = tuple(watched(i, row) for i, row in enumerate(module.TABLE))
    monkeypatch.setattr(module, "TABLE", rows)
    for story in STORIES:
        story.told()
    unused = set(range(len(rows))) - used
    assert not [module.TABLE[i] for i in unused]
