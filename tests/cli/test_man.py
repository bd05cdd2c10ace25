"""The manual pages and the completion say what the programs' tables say."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from handmade import stack  # noqa: E402,F401

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "man").glob("*.[1-8]"))
CLIENTS = {"mwctl": ("inst/bin/mwctl", "mwctl.1"), "modelwright-admin": ("inst/sbin/modelwright-admin",
                                                                         "modelwright-admin.8")}


def rendered(page):
    p = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", str(page)], capture_output=True, text=True,
                       env=dict(os.environ, MANWIDTH="5000", LC_ALL="C.UTF-8", MAN_KEEP_FORMATTING=""))
    return re.sub(r"\s+", " ", re.sub(".\x08", "", p.stdout)), p.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_is_well_formed(page):
    text, complaints = rendered(page)
    assert complaints == ""
    assert "NAME" in text and len(text) > 500


@pytest.mark.parametrize("name", CLIENTS)
def test_every_command_and_option_stands_in_the_page_with_its_sentence(stack, name):
    program, page = str(stack.dir / CLIENTS[name][0]), ROOT / "man" / CLIENTS[name][1]
    text, _ = rendered(page)
    for line in subprocess.run([program, "--words"], capture_output=True, text=True).stdout.splitlines():
        command = line.split("\t")[0]
        lines = subprocess.run([program, *command.split(), "--help"], capture_output=True,
                               text=True).stdout.splitlines()
        sentence = lines[2].rstrip(".")
        at = text.find(sentence)
        assert at != -1 and command in text[max(0, at - 60):at], command
        for option in lines[4:]:
            m = re.match(r"  (?:-(.), |    )(--\S+)(?: (\S+))? +(.*)$", option)
            assert m, option
            assert m[2] in text, "%s %s" % (command, m[2])
            if m[2] not in ("--json", "--url", "--ca", "--config", "--help", "--version"):
                words = m[4][0].upper() + m[4][1:]
                assert words in text, "%s %s" % (command, m[2])


def test_the_settings_in_the_page_are_those_of_the_table(stack):
    printed = subprocess.run([str(ROOT / "man/settings.sh"), str(stack.dir / "inst/sbin/modelwright-admin")],
                             capture_output=True, text=True, check=True).stdout
    page = (ROOT / "man/modelwright.conf.5").read_text()
    # Where the programs were built for differs, and with it these defaults.
    def plain(text):
        return re.sub(r'^\.Li "/\S*/(share|libexec|etc)', r'.Li "/\1', text, flags=re.M)
    assert plain(printed) in plain(page), "run man/settings.sh again"


def complete(stack, *words):
    script = """
        . "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _modelwright "$1"
        printf '%s\\n' "${COMPREPLY[@]}" | sort -u"""
    program = str(stack.dir / "inst/bin/mwctl")
    return subprocess.run(["bash", "-c", script, "bash", str(ROOT / "cli/mwctl.bash"), program, *words],
                          capture_output=True, text=True).stdout.split()


def test_completion_knows_the_words_that_are_possible(stack):
    assert {"login", "runs", "datasets", "predict"} <= set(complete(stack, ""))
    assert complete(stack, "ru") == ["runs"]
    assert set(complete(stack, "runs", "s")) == {"start", "show"}
    assert complete(stack, "runs", "start", "--ta") == ["--target"]
    assert "scorecard" in complete(stack, "runs", "start", "--template", "")
    assert complete(stack, "runs", "list", "--state", "su") == ["succeeded"]
