"""``docs/reference.md``: all that can be typed, set, asked for and heard, taken from the program.

``python -m tests.docs.reference`` writes it.
"""

import sys
from pathlib import Path

from tests.docs import reference_events as events
from tests.docs import reference_parts as parts

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
RENEW = "python -m tests.docs.reference"

INTRODUCTION = f"""# Reference

All commands, settings, routes, messages, alarms and limits, taken from the program by
`{RENEW}`; a test fails when this page is not what the program does. The pages for users explain:
[headset owner](headset-owner.md), [lab](lab.md), [technician](technician.md),
[programmer](programmer.md)."""


def reference() -> str:
    """Return the page."""
    app = parts.make_app()
    sections = {
        "Commands": parts.commands(),
        "Sources": parts.sources(),
        "Settings": parts.settings(),
        "Rights": parts.roles(),
        "Routes": parts.routes(app),
        "Refusals": parts.refusals(),
        "Messages": events.messages(),
        "Ends of a stream": events.closings(),
        "Commands in the log": events.logged_commands(),
        "Alarms": events.alarms(),
        "Escalation": events.escalation(),
        "Wake protocol and EEG": events.waking(),
        "Limits of dream use": events.limits(),
        "Webhook": events.webhook(),
        "Metrics": parts.metrics(app),
        "Shapes": parts.shapes(app),
    }
    written = (f"## {title}\n\n{text}" for title, text in sections.items())
    return "\n\n".join((INTRODUCTION, *written)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    sys.stdout.write(f"{PAGE} written\n")
