"""The command line: its verbs, and what becomes of an error.

A verb's module is imported when the verb is used, so that `narrator speak-server` need not load
what `narrator narrate` needs.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from narrator.cli.say import fail, interrupted
from narrator.domain.errors import NarratorError, OptionRefused, SettingsError

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

VERBS = {
    "narrate": "narrator.cli.narrate:narrate",
    "plan": "narrator.cli.plan:plan",
    "verify": "narrator.cli.verify:verify",
    "feed": "narrator.cli.feed:feed",
    "lexicon": "narrator.cli.lexicon:lexicon",
    "doctor": "narrator.cli.doctor:doctor",
    "speech": "narrator.cli.speech:speech",
    "speak-server": "narrator.cli.speak_server:speak_server",
    "worker": "narrator.cli.serve:worker",
    "api": "narrator.cli.serve:api",
    "migrate": "narrator.cli.serve:migrate",
    "api-key": "narrator.cli.serve:api_key",
}


class Verbs(click.Group):
    """The verbs, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The verbs in the order a newcomer meets them."""
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The verb's command, or None for an unknown one."""
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="narrator", prog_name="narrator")
def narrator() -> None:
    """Turn long documents into finished audiobooks.

    `narrator narrate BOOK` is all there is to it on one machine; `narrator doctor` tells what is
    missing. README.md explains the settings and how to run a fleet.
    """


def main() -> NoReturn:
    """Run the command of this process and end it."""
    code = run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is done: no Ctrl-C makes its end another
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command; returns its exit code.

    0: done · 1: a job or a verification failed · 2: wrong usage or settings · 130: interrupted.
    With `--json` a failure, of whatever kind, is one JSON object on standard output.
    """
    as_json = "--json" in arguments
    try:
        return narrator.main(list(arguments), prog_name="narrator", standalone_mode=False) or OK
    except click.ClickException as error:
        _misused(error, as_json=as_json)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):  # before its verb had begun, or after it had ended
        if as_json:
            interrupted()
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; without this Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except NarratorError as error:
        fail(error, as_json=as_json)
        return exit_code(error)
    except OSError as error:
        what = f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
        fail(NarratorError(what), as_json=as_json)
        return FAILED


def _misused(error: click.ClickException, *, as_json: bool) -> None:
    if as_json:
        refused = OptionRefused(error.format_message(), remedy="see `narrator VERB --help`")
        fail(refused, as_json=True)
    else:
        error.show()


def exit_code(error: NarratorError) -> int:
    """2 where the command was wrong, 1 where the work failed."""
    return MISUSED if isinstance(error, OptionRefused | SettingsError) else FAILED
