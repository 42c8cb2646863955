"""The script that a site embeds, in a browser: a site on one host, the hub on another, and a strict policy between."""

import asyncio
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from hub.api.http import routes
from hub.ingest.hub import Hub
from hub.registry import load_registry
from tests.conftest import ROOT
from tests.faults.serving import held, until_processed

pytestmark = pytest.mark.browser
PAGE = (ROOT / "docs" / "connectors" / "webforms.endpoint.md").read_text(encoding="utf-8")
BANNER, BANNER_SCRIPT = re.findall(r"### Asking\n\n```html\n(.*?)```\n\n```js\n(.*?)```", PAGE, re.DOTALL)[0]
PERSON = {
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
}


@dataclass
class Place:
    """A site, and a hub with a source for it."""

    site: str
    folder: str
    hub: str = ""
    source: str = ""
    line: str = ""
    """What brings the script into a page."""
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """By consoles."""

    def html(self, path: str) -> str:
        """Any page of the site: a banner and a form. Below ``/assumed`` nobody is asked."""
        line = self.line.replace("<script ", "<script data-consent ") if path.startswith("/assumed") else self.line
        return f"""<!doctype html><meta charset=utf-8><title>Page {path}</title>{line}
          <style>body {{ background: red }}</style><link rel=icon href=data:,>
          {BANNER}
          <form method=post action="{self.hub}/in/{self.source}/submissions">
            <p><input name=name placeholder=Name><input name=email placeholder=E-mail>
            <p><textarea name=message placeholder=Message></textarea>
            <div hidden><input name=website_url></div><button>Send</button>
          </form>"""

    def told(self) -> int:
        """How often the hub was told of a visit."""
        return sum(each == f"POST {self.hub}/in/{self.source}/visits/" for each in self.asked)

    def timeline(self, email: str) -> list[tuple[str, str]]:
        """Kind and title of all that belongs to the customer of a form."""
        until_processed(self.folder)
        theirs = f"""SELECT t.customer FROM touchpoint t JOIN record r ON r.number = t.record
          WHERE instr(r.payload, CAST('{quote(email)}' AS BLOB))"""
        statement = f"SELECT kind, title FROM touchpoint WHERE customer = ({theirs}) ORDER BY kind, title"
        return [(kind, title) for kind, title in held(self.folder, statement)]


@contextmanager
def site(place: Place) -> Iterator[None]:
    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            script = path == "/visits.js"
            self.send_response(200)
            self.send_header("content-type", "text/javascript" if script else "text/html; charset=utf-8")
            policy = f"default-src 'none'; script-src 'self' {place.hub}; connect-src {place.hub}; img-src data:"
            self.send_header("content-security-policy", f"{policy}; form-action {place.hub} 'self'")
            self.end_headers()
            self.wfile.write((BANNER_SCRIPT if script else place.html(path)).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    place.site = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def hub(place: Place) -> Iterator[None]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with await Hub.open(place.folder, load_registry()) as opened:
            settings = {"origins": [place.site], "redirect": f"{place.site}/thanks", "form": "Contact"}
            place.source = (await opened.create_source("Website", "webforms.endpoint", settings)).ids[0]
            app.router.routes.extend(routes(opened))
            yield

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(Starlette(lifespan=lifespan), ws="none", log_level="error"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        place.hub = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def place(hub_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place("", str(shutil.copytree(hub_template, tmp_path_factory.mktemp("visits") / "hub")))
    with site(made), hub(made):
        made.line = httpx.get(f"{made.hub}/in/{made.source}/visits").text
        yield made


Visitor = Callable[..., Any]


@pytest.fixture
def visitor(browser: Any, place: Place) -> Iterator[Visitor]:
    """Opens a page of the site for somebody new, or in another tab of theirs."""
    contexts: list[Any] = []

    def opened(path: str = "/", like: Any = None, **settings: Any) -> Any:
        context = like.context if like else browser.new_context(**{**PERSON, **settings})
        if not like:
            contexts.append(context)
            context.on("request", lambda request: place.asked.append(f"{request.method} {request.url}"))
        page = context.new_page()
        page.on("console", lambda message: place.said.append(message.text))
        page.on("pageerror", lambda error: place.said.append(str(error)))
        page.goto(place.site + path)
        while not page.evaluate("!!window.hub?.consent"):
            page.wait_for_timeout(10)
        return page

    place.asked.clear()
    place.said.clear()
    yield opened
    for context in contexts:
        context.close()


def send(page: Any, email: str, name: str = "Anna", message: str = "Hello") -> None:
    page.get_by_placeholder("Name").fill(name)
    page.get_by_placeholder("E-mail").fill(email)
    page.get_by_placeholder("Message").fill(message)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/thanks")


def kept(page: Any) -> list[Any]:
    """What the browser keeps for the site, and what the script says of it."""
    return list(page.evaluate("[document.cookie, localStorage.length + sessionStorage.length, hub.consent() ?? null]"))


def soon(page: Any, ask: Callable[[], Any], expected: Any) -> None:
    """Give the browser and the hub their time until something is as expected."""
    patience = time.monotonic() + 20
    while ask() != expected and time.monotonic() < patience:
        page.wait_for_timeout(20)
    assert ask() == expected


def answer(page: Any, word: str) -> None:
    page.get_by_role("button", name=word).click()


def test_before_consent_nothing_is_kept_or_told_and_the_form_works(place: Place, visitor: Visitor) -> None:
    page = visitor("/shop")
    page.evaluate("history.pushState({}, '', '/shop/2')")
    page.wait_for_timeout(300)
    assert page.get_by_text("May we remember").is_visible()
    assert kept(page) == ["", 0, None]
    send(page, "unasked@x.example")
    assert kept(page) == ["", 0, None]
    assert place.told() == 0
    soon(page, lambda: place.timeline("unasked@x.example"), [("form", "Contact")])
    outside = [each for each in place.asked if not each.split()[1].startswith((place.site, place.hub, "data:"))]
    assert outside == []
    assert {re.sub(r"'sha256-.*?'", "", each)[:37] for each in place.said} == {"Applying inline style violates the fo"}


def test_who_agrees_and_writes_is_one_customer_with_what_they_looked_at_before(place: Place, visitor: Visitor) -> None:
    page = visitor("/offer?utm_source=news&utm_campaign=ঈদ&token=secret#top", viewport={"width": 700, "height": 400})
    answer(page, "Yes")
    assert page.get_by_text("May we remember").is_hidden()
    page.goto(f"{place.site}/shop")
    page.evaluate("history.pushState({}, '', '/shop/kettle'); document.title = 'কেটলি 🫖'")
    soon(page, place.told, 4)
    page.evaluate("history.replaceState({}, '', '/shop/kettle?page=2#more')")
    page.wait_for_timeout(300)
    assert place.told() == 4
    send(page, "nasrin@x.example", "নাসরিন আক্তার", "کیا کیتلی آ گئی؟ 🫖👩‍👩‍👧")
    answer(visitor("/"), "Yes")
    expected = [
        ("consent", "Consent to visits given"),
        ("form", "Contact"),
        ("page_view", "Page /offer"),
        ("page_view", "Page /shop"),
        ("page_view", "Page /thanks"),
        ("page_view", "কেটলি 🫖"),
    ]
    soon(page, lambda: place.timeline("nasrin@x.example"), expected)
    found = held(place.folder, "SELECT text, traits FROM touchpoint WHERE text LIKE '%🫖%'")
    assert [(text, json.loads(traits)) for text, traits in found] == [
        ("کیا کیتلی آ گئی؟ 🫖👩‍👩‍👧", {"name": "নাসরিন আক্তার"})
    ]
    ((wording,),) = held(place.folder, "SELECT properties FROM touchpoint WHERE kind = 'consent' ORDER BY num LIMIT 1")
    assert json.loads(wording) == {
        "purpose": "visits", "given": True, "url": f"{place.site}/offer",
        "wording": "May we remember which pages you look at, so that we know them when you write to us?",
    }  # fmt: skip
    origins = held(place.folder, "SELECT origin_source, origin_campaign FROM touchpoint WHERE title = 'Page /offer'")
    assert origins == [("news", "ঈদ")]
    assert held(place.folder, "SELECT count(*) FROM record WHERE instr(payload, CAST('secret' AS BLOB))") == [(0,)]
    assert held(place.folder, "SELECT count(*) FROM problem") == [(0,)]


def test_forms_that_a_script_sends_carry_the_id_and_those_to_others_do_not(place: Place, visitor: Visitor) -> None:
    page = visitor("/")
    answer(page, "Yes")
    carried = "['visitor_id', 'page_url'].map(name => new FormData(document.forms[0]).get(name))"
    assert page.evaluate(carried) == [page.evaluate("hub.visitor()"), f"{place.site}/"]
    for other in ("/login", f"{place.site}/in/login", "https://elsewhere.example/in/src_1/submissions", ""):
        page.evaluate("address => document.forms[0].setAttribute('action', address)", other)
        assert page.evaluate(carried) == [None, None]


def test_a_withdrawal_deletes_the_id_is_told_and_ends_it_in_other_tabs(place: Place, visitor: Visitor) -> None:
    page = visitor("/")
    answer(page, "Yes")
    before = page.evaluate("hub.visitor()")
    assert re.fullmatch(r"[0-9a-z]{20,28}", before)
    other = visitor("/other", like=page)
    assert other.evaluate("hub.visitor()") == before
    assert page.evaluate("hub.consent(false)") is False
    soon(page, place.told, 4)
    assert kept(page) == ["hub_visitor=no", 0, False]
    other.evaluate("history.pushState({}, '', '/further')")
    other.wait_for_timeout(300)
    send(other, "gone@x.example")
    assert place.told() == 4
    soon(page, lambda: place.timeline("gone@x.example"), [("form", "Contact")])
    withdrawn = "SELECT count(*) FROM touchpoint WHERE title = 'Consent to visits withdrawn'"
    soon(page, lambda: held(place.folder, withdrawn), [(1,)])
    assert page.evaluate("hub.consent(true) && hub.visitor()") not in ("", before)


def test_a_browsers_refusal_stands_above_the_sites_word_and_below_the_persons(place: Place, visitor: Visitor) -> None:
    page = visitor("/assumed")
    soon(page, place.told, 1)
    assert kept(page)[0][:13] == "hub_visitor=~"
    for signal in ("globalPrivacyControl", "doNotTrack"):
        page.context.add_init_script(f"Object.defineProperty(navigator, '{signal}', {{ value: '1' }})")
        page.goto(f"{place.site}/assumed/again")
        assert (page.evaluate("[hub.consent(), hub.visitor()]"), place.told()) == ([False, ""], 1)
    assert page.get_by_text("May we remember").is_hidden()
    assert page.evaluate("hub.consent(true)") is True
    page.goto(f"{place.site}/assumed/more")
    soon(page, place.told, 4)
    assert page.evaluate("hub.consent()") is True


def test_a_hub_that_is_away_costs_the_page_nothing(place: Place, visitor: Visitor) -> None:
    page = visitor("/")
    page.context.route("**/visits/", lambda route: route.abort())
    answer(page, "Yes")
    page.context.route("**/1.js", lambda route: route.abort())
    page.goto(f"{place.site}/shop")
    assert page.get_by_text("May we remember").is_hidden()
    send(page, "alone@x.example")
    soon(page, lambda: place.timeline("alone@x.example"), [("form", "Contact")])
    assert not [each for each in place.said if "Error" in each and "ERR_FAILED" not in each]
