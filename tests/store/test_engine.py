"""Where a hub can live, and what is said of places where it cannot."""

import psycopg
import pytest

from hub.errors import ConfigWrong
from hub.store.engine import Store


def test_a_database_that_does_not_keep_unicode_is_refused(pg_server: str) -> None:
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE t_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    before, _, after = pg_server.partition("?")
    try:
        with pytest.raises(ConfigWrong) as refused:
            Store.at(f"{before.rpartition('/')[0]}/t_ascii" + (f"?{after}" if after else ""))
    finally:
        with psycopg.connect(pg_server, autocommit=True) as connection:
            connection.execute("DROP DATABASE t_ascii WITH (FORCE)")
    assert refused.value.message == "The database does not keep text as UTF8."
    assert refused.value.hint == "Make one that does: CREATE DATABASE hub ENCODING 'UTF8' TEMPLATE template0."


def test_a_database_that_is_not_there_is_no_outage(pg_server: str) -> None:
    before, _, after = pg_server.partition("?")
    with pytest.raises(ConfigWrong, match=r'^PostgreSQL refuses: database "t_nowhere" does not exist\.$'):
        Store.at(f"{before.rpartition('/')[0]}/t_nowhere" + (f"?{after}" if after else ""))
