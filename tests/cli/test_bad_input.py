"""What people get wrong: each is one clear sentence, an exit code, and nothing lost."""

import json
import socket
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.cli.conftest import Run

CONNECTORS = ", ".join(sorted(each.name for each in entry_points(group="hub.connectors")))
PROFILE = {"kind": "profile", "columns": {"key": "id", "name": "name"}, "occurred_on": "2026-01-01"}


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("show 01711", "There is no hub in hub-data."),
        ("--data sheet.csv show x", "There is no hub in sheet.csv."),
        ("--data sheet.csv serve --port 0", "sheet.csv is a file, not a folder: a hub needs a folder of its own"),
        ("import missing.csv", "There is no file or folder missing.csv."),
        ("import empty --connector email.mailbox", "the folder '{here}/empty' holds no file"),
        (
            "import other --connector email.mailbox",
            "'{here}/other' is no mailbox: nothing in it is an mbox, a Maildir or a mail",
        ),
        (
            "import sheet.csv --settings broken.json",
            "broken.json is not JSON: unexpected end of data (line 1, column 10).",
        ),
        ("import sheet.csv --settings missing.json", "There is no file missing.json."),
        ("import sheet.csv --settings list.json", 'list.json is not a JSON object, like {"path": "mail.mbox"}.'),
        ("import sheet.csv --settings typo.json", "Settings of generic.csv: colunms: there is no such setting."),
        (
            "import sheet.csv --connector generic.cvs",
            f"There is no connector 'generic.cvs'. Is generic.csv meant? There are: {CONNECTORS}.",
        ),
        ("import sheet.csv --connector webforms.endpoint", "webforms.endpoint reads no file."),
        ("import sheet.csv typo.json", "The name typo.json does not say how to read it."),
        ("import empty", "empty is a folder without a file whose name says how to read it."),
        ("import both", "both is a folder of several kinds of files, for generic.csv and generic.ndjson."),
        ("import sheet.csv list.ndjson --name x", "--name is for one file."),
        (
            "connector show nosuch",
            f"There is no connector 'nosuch'. There are: {CONNECTORS}.",
        ),
        ("undo 42", "'42' cannot be undone: give a decision (dec_...) or a run (run_...)."),
        (
            "token create me --scope read --expires soon",
            "'soon' is no time: give 12h, 30d, 8w, 1y or a date like 2027-01-31.",
        ),
        ("serve --port 99999", "99999 is no port: give a number from 0 to 65535."),
        ("schema --check missing.graphql", "There is no file missing.graphql."),
    ],
)
def test_mistake_is_one_sentence(hub: Run, tmp_path: Path, command: str, sentence: str) -> None:
    (tmp_path / "sheet.csv").write_text("id,name\n1,Anna\n")
    (tmp_path / "broken.json").write_text('{"kind": ')
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "typo.json").write_text('{"kind": "profile", "colunms": {}}')
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "both").mkdir()
    (tmp_path / "both" / "a.csv").touch()
    (tmp_path / "both" / "b.jsonl").touch()
    (tmp_path / "other" / "readme.txt").write_text("hello")
    ended = hub(*command.split())
    assert (ended.code, ended.err.splitlines()[0]) == (2, "hub: " + sentence.replace("{here}", str(tmp_path)))
    assert len(ended.err.splitlines()) <= 2
    assert ended.out == ""


def test_a_misspelt_setting_inside_another_is_told_with_those_that_there_are(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("id,name\n1,Anna\n")
    (tmp_path / "typo.json").write_text('{"products": {"sku": "id", "nmae": "name"}}')
    assert hub("import", "sheet.csv", "--settings", "typo.json").err == (
        "hub: Settings of generic.csv: products.nmae: there is no such setting.\n     There are: sku, name, category.\n"
    )


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("pull nosuch", "There is no source 'nosuch'. There are: Desk."),
        ("pull", "This hub has no source to pull."),
        ("undo dec_nosuch --yes", "There is no decision 'dec_nosuch'."),
        ("undo run_nosuch --yes", "There is no run 'run_nosuch'."),
        ("show nobody", "Nobody is known by 'nobody'."),
        (
            "token create me --scope raed",
            "'raed' is not a scope: use read, pii, analyse, write, manage or ingest:<source id>.",
        ),
        ("token create me --scope read --expires 2020-01-01", "expiresAt has passed already."),
        ("token revoke tok_x", "There is no token 'tok_x' that still holds."),
    ],
)
def test_what_is_not_there_is_said(hub: Run, hub_folder: Path, command: str, sentence: str) -> None:
    ended = hub("--data", str(hub_folder), *command.split())
    assert (ended.code, ended.err.splitlines()[0]) == (2, f"hub: {sentence}")


@pytest.mark.parametrize(
    ("variables", "code", "sentence"),
    [
        ({"HUB_PORT": "abc"}, 2, "HUB_PORT: Input should be a valid integer, unable to parse string as an integer."),
        (
            {"HUB_COMPANY__TIME_ZONE": "Dhaka"},
            2,
            "HUB_COMPANY__TIME_ZONE: 'Dhaka' is not an IANA time zone, like Asia/Dhaka.",
        ),
        ({"HUB_COMPANY__CURENCY": "EUR"}, 2, "HUB_COMPANY__CURENCY: there is no such setting."),
        ({"HUB_URL": "http://127.0.0.1:9"}, 2, "HUB_URL is set and HUB_TOKEN is not."),
        (
            {"HUB_URL": "nonsense", "HUB_TOKEN": "x"},
            2,
            "nonsense/graphql is not an address of a hub, like http://127.0.0.1:8000.",
        ),
        ({"HUB_URL": "http://127.0.0.1:9", "HUB_TOKEN": "x"}, 3, "Nothing answers at http://127.0.0.1:9/graphql."),
        (
            {"HUB_DATABASE_URL": "mysql://x"},
            2,
            "mysql:// is no place for a hub: give a folder or a postgresql:// address",
        ),
        (
            {"HUB_DATABASE_URL": "nonsense"},
            2,
            "HUB_DATABASE_URL: it is no address, like postgresql://hub@localhost/hub; a folder is HUB_DATA.",
        ),
    ],
)
def test_wrong_environment_is_said(
    hub: Run, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], code: int, sentence: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ended = hub("show", "anna")
    assert (ended.code, ended.err.splitlines()[0]) == (code, f"hub: {sentence}")


def test_a_misspelt_setting_is_said_and_strange_ones_are_not(hub: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_COMPANY_CURRENCY", "EUR")
    monkeypatch.setenv("HUB_COMPNY__TIME_ZONE", "Asia/Dhaka")
    monkeypatch.setenv("HUB_DATABSE_URL", "postgresql://hub@db/hub")
    monkeypatch.setenv("HUB_SERVICE_HOST", "10.0.0.7")
    ended = hub("connector", "list")
    assert (ended.code, ended.err.splitlines()) == (
        0,
        [
            "HUB_COMPANY_CURRENCY is no setting and is passed over. Is HUB_COMPANY__CURRENCY meant?",
            "HUB_COMPNY__TIME_ZONE is no setting and is passed over. Is HUB_COMPANY__TIME_ZONE meant?",
            "HUB_DATABSE_URL is no setting and is passed over. Is HUB_DATABASE_URL meant?",
        ],
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("HUB_COMPANY__CURENCY", "Is HUB_COMPANY__CURRENCY meant?"),
        ("HUB_COMPANY__TIMEZONE", "Is HUB_COMPANY__TIME_ZONE meant?"),
        (
            "HUB_COMPANY__SLOGAN",
            (
                "There are: HUB_COMPANY__NAME, HUB_COMPANY__CURRENCY, HUB_COMPANY__TIME_ZONE, HUB_COMPANY__COUNTRY, "
                "HUB_COMPANY__WEEK_STARTS_ON, HUB_COMPANY__FISCAL_YEAR_STARTS_IN_MONTH, HUB_COMPANY__REVENUE_BASIS, "
                "HUB_COMPANY__REVENUE_INCLUDES_TAX."
            ),
        ),
    ],
)
def test_a_misspelt_setting_of_the_company_is_told_with_what_may_have_been_meant(
    hub: Run, monkeypatch: pytest.MonkeyPatch, name: str, hint: str
) -> None:
    monkeypatch.setenv(name, "x")
    ended = hub("connector", "list")
    assert (ended.code, ended.err) == (2, f"hub: {name}: there is no such setting.\n     {hint}\n")


def test_database_that_is_none_is_said(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "h").mkdir()
    (tmp_path / "h" / "hub.db").write_text("garbage " * 1000)
    ended = hub("--data", "h", "show", "anna")
    assert (ended.code, ended.err) == (2, "hub: h holds a hub.db that is not a hub's database\n")


def test_folder_that_nobody_can_make_is_said(hub: Run) -> None:
    ended = hub("--data", "/proc/h", "serve", "--port", "0")
    assert (ended.code, ended.err) == (2, "hub: /proc/h cannot be created: No such file or directory\n")


def test_port_in_use_is_said(hub: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = hub("--data", "h", "serve", "--port", str(port))
    assert ended.code == 2
    assert ended.err.splitlines() == [
        f"hub: Another program listens at port {port} of 127.0.0.1 already.",
        "     Stop it, or give another port with --port.",
    ]
    assert not Path("h").exists()


def test_sheet_in_another_encoding_keeps_its_letters(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("id,name\n1,Zoë Müller\n".encode("latin-1"))
    assert hub("--data", "h", "import", "latin.csv", "--settings", json.dumps(PROFILE)).code == 0
    assert hub("--data", "h", "source", "show", "latin.csv").out.count("could not be read") == 0
    told = hub("import", "latin.csv", "--settings", json.dumps(PROFILE), "--preview").out
    assert told.splitlines()[1].endswith("Zoë Müller")


def test_broken_lines_are_kept_and_counted(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "posts.ndjson").write_text('{"id": "1"}\nnot json\n')
    ended = hub("--data", "h", "import", "posts.ndjson", "--connector", "social.archive")
    assert ended.code == 0
    assert ended.out.splitlines()[1].split()[:5] == ["2", "2", "0", "0", "2"]
    assert "line 2: the line is not JSON" in hub("--data", "h", "source", "show", "posts.ndjson").out


def test_nobody_is_asked_where_nobody_sits(hub: Run, demo_folder: Path) -> None:
    decision = json.loads((demo_folder / "demo.json").read_bytes())["operation"]
    ended = hub("--data", str(demo_folder), "undo", decision)
    assert (ended.code, ended.err.splitlines()[0]) == (2, "hub: Nobody is there to be asked; nothing was changed.")


def test_what_nobody_foresaw_is_a_sentence_and_a_trace_only_when_asked(
    hub: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("hub.cli.connectors.load_registry", broken)
    assert hub("connector", "list").err.splitlines() == [
        "hub: Something went wrong here: ZeroDivisionError('by zero').",
        "     HUB_DEBUG=1 shows where.",
    ]
    monkeypatch.setenv("HUB_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        hub("connector", "list")
