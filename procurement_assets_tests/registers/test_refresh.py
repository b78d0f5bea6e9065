"""What becomes of a register, whatever its address answers: the last good one stays, and the state says why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from werkzeug import Response

from procurement_assets.lake import Lake
from procurement_assets.registers.refresh import NOBODY, refresh_register
from procurement_assets.registers.store import (
    RegisterState,
    missing,
    read_register,
    read_state,
    register_path,
    write_states,
)
from procurement_assets.sources.http import HttpClient
from procurement_assets_tests.registers.conftest import (
    DEPARTEMENTS,
    LATER,
    NOW,
    REGIONS,
    as_json,
    gc,
    holders,
    register,
    stock_bytes,
    unit,
)
from procurement_assets_tests.sources.conftest import Host, cut, etag_of, served, sha256

CPV = register("genericode")
PATH = "/a.exemple.fr/liste"
TWO = register("genericode", "https://a.exemple.fr/liste", "https://b.exemple.fr/liste")
SIRENE = register("sirene")
FIRST = stock_bytes(unit("300000023"), unit("300000114"), unit("300000353", denominationUniteLegale="SECRET"))


def ask(lake: Lake, client: HttpClient, what=CPV, now=NOW) -> RegisterState:  # type: ignore[no-untyped-def]
    return refresh_register(what, lake=lake, http=client, now=now)


def test_a_register_is_put_in_place_and_its_file_kept_by_content(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, served(gc()))
    state = ask(lake, client)
    assert (state.etat, state.lignes, state.sha256, state.octets) == ("à jour", 4, sha256(gc()), len(gc()))
    assert (state.adresse, state.etag) == ("https://a.exemple.fr/liste", etag_of(gc()))
    assert (state.pris_le, state.demande_le, state.raison) == (*["2026-12-01T03:00:00+00:00"] * 2, None)
    assert lake.raw(sha256(gc())).read_bytes() == gc()
    assert read_register(lake, "registre_cpv").height == 4
    assert read_state(lake, CPV) == state
    assert missing(lake, ["registre_cpv", "registre_regions"]) == ("registre_regions",)


def test_an_unchanged_register_is_not_downloaded_again(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, served(gc()))
    ask(lake, client)
    before = register_path(lake, "registre_cpv").read_bytes()
    received = client.bytes_received
    state = ask(lake, client, now=LATER)
    assert host.asked[-1].headers["If-None-Match"] == etag_of(gc())
    assert client.bytes_received == received
    assert (state.etat, state.pris_le, state.demande_le) == (
        "à jour",
        "2026-12-01T03:00:00+00:00",
        "2027-01-01T03:00:00+00:00",
    )
    assert register_path(lake, "registre_cpv").read_bytes() == before


def test_a_new_edition_takes_the_place_of_the_last(host: Host, lake: Lake, client: HttpClient) -> None:
    newer = gc(("45112000", "Terrassement", "Excavating"))
    host.script(PATH, served(gc()), served(newer))
    ask(lake, client)
    assert ask(lake, client, now=LATER).lignes == 5
    assert "45112000" in read_register(lake, "registre_cpv")["code"].to_list()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response("", 503), "le serveur répond 503"),
        (Response("", 404), "l'adresse répond 404"),
        (Response("", 403), "accès refusé par le serveur"),
        (Response("<html>panne</html>", 200, {"Content-Type": "text/html"}), "une page ou un message d'erreur"),
        (cut(gc(), 500), "réponse interrompue avant la fin"),
        (served(gc()[:-200]), "XML illisible"),
        (served(b'{"cpv": []}'), "XML illisible"),
        (served(gc().replace(b"45111291", b"45111")), "n'est pas un code CPV"),
    ],
)
def test_the_last_good_register_stays_whatever_the_address_answers(
    host: Host, lake: Lake, client: HttpClient, answer: object, said: str
) -> None:
    host.script(PATH, served(gc()), answer)  # type: ignore[arg-type]
    good = ask(lake, client)
    before = register_path(lake, "registre_cpv").read_bytes()
    state = ask(lake, client, now=LATER)
    assert state.etat == "ancien"
    assert said in str(state.raison)
    assert (state.lignes, state.sha256, state.pris_le) == (good.lignes, good.sha256, good.pris_le)
    assert register_path(lake, "registre_cpv").read_bytes() == before


@pytest.mark.parametrize("answer", [Response("", 503), Response("", 404), served(b"<cpv/>")])
def test_without_any_it_is_absent_and_says_why(host: Host, lake: Lake, client: HttpClient, answer: object) -> None:
    host.script(PATH, answer)  # type: ignore[arg-type]
    state = ask(lake, client)
    assert (state.etat, state.lignes, state.sha256) == ("absent", 0, None)
    assert str(state.raison).startswith("https://a.exemple.fr/liste : ")
    assert not register_path(lake, "registre_cpv").exists()
    assert read_register(lake, "registre_cpv").is_empty()


def test_a_damaged_edition_that_is_put_right_is_taken(host: Host, lake: Lake, client: HttpClient) -> None:
    newer = gc(("45112000", "Terrassement", "Excavating"))
    host.script(PATH, served(gc()), served(newer[:-100]), served(newer[:-100]), served(newer))
    assert [ask(lake, client).etat for _ in range(4)] == ["à jour", "ancien", "ancien", "à jour"]
    assert read_register(lake, "registre_cpv").height == 5


def test_another_address_is_asked_where_the_first_gives_nothing_good(
    host: Host, lake: Lake, client: HttpClient
) -> None:
    host.script(PATH, served(b"<cpv/>"))
    host.script("/b.exemple.fr/liste", served(gc()))
    state = ask(lake, client, TWO)
    assert (state.etat, state.adresse) == ("à jour", "https://b.exemple.fr/liste")
    host.script("/b.exemple.fr/liste", Response("", 404))
    state = ask(lake, client, TWO, LATER)
    assert state.etat == "ancien"
    assert "a.exemple.fr/liste : aucune ligne" in str(state.raison)
    assert "b.exemple.fr/liste : l'adresse répond 404" in str(state.raison)


def test_a_list_that_lost_a_tenth_of_its_rows_is_refused_until_a_person_agrees(
    host: Host, lake: Lake, client: HttpClient
) -> None:
    fewer = gc().replace(b"45111291", b"45111292")
    host.script(PATH, served(gc()), served(fewer))
    ask(lake, client)
    state = ask(lake, client, now=LATER)
    assert state.etat == "ancien"
    assert "1 des 4 lignes du registre en place n'y sont plus" in str(state.raison)
    register_path(lake, "registre_cpv").unlink()
    assert ask(lake, client, now=LATER).etat == "à jour"
    assert "45111292" in read_register(lake, "registre_cpv")["code"].to_list()


def test_bytes_of_the_store_that_were_changed_are_not_read(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, served(gc()))
    ask(lake, client)
    lake.raw(sha256(gc())).write_bytes(gc().replace(b"Horticulture", b"Horticulturf"))
    state = ask(lake, client, now=LATER)
    assert state.etat == "ancien"
    assert "octets gardés altérés : supprimer" in str(state.raison)


def test_offline_the_register_in_place_is_used(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, served(gc()))
    ask(lake, client)
    state = ask(lake, HttpClient(offline=True), now=LATER)
    assert state.etat == "ancien"
    assert "PROCUREMENT_OFFLINE" in str(state.raison)
    assert ask(Lake(lake / "autre"), HttpClient(offline=True)).etat == "absent"


def test_departments_and_regions_are_fetched_the_same_way(host: Host, lake: Lake, client: HttpClient) -> None:
    for kind, rows in (("departements", DEPARTEMENTS), ("regions", REGIONS)):
        host.script(PATH, served(as_json(rows)))
        assert ask(lake, client, register(kind, id=kind)).lignes == len(rows)


def test_sirene_keeps_the_units_of_the_tables_and_never_the_file(host: Host, lake: Lake, client: HttpClient) -> None:
    holders(lake, "paris", "300000023", "999999999")
    host.script(PATH, served(FIRST, "application/octet-stream"))
    state = ask(lake, client, SIRENE)
    assert (state.etat, state.lignes, state.sha256) == ("à jour", 2, sha256(FIRST))
    assert read_register(lake, "registre_sirene").select("siren", "connu").rows() == [
        ("300000023", True),
        ("999999999", False),
    ]
    kept = [f for f in Path(str(lake.root)).rglob("*") if f.is_file()]
    assert not lake.raw(sha256(FIRST)).exists()
    assert [f for f in kept if b"SECRET" in f.read_bytes()] == []


def test_sirene_is_asked_conditionally_until_a_new_holder_appears(host: Host, lake: Lake, client: HttpClient) -> None:
    holders(lake, "paris", "300000023")
    host.script(PATH, served(FIRST))
    ask(lake, client, SIRENE)
    state = ask(lake, client, SIRENE, LATER)
    assert host.asked[-1].headers["If-None-Match"] == etag_of(FIRST)
    assert (state.etat, state.lignes, state.pris_le) == ("à jour", 1, "2026-12-01T03:00:00+00:00")
    holders(lake, "autre", "300000114")
    assert ask(lake, client, SIRENE, LATER).lignes == 2
    assert "If-None-Match" not in host.asked[-1].headers


def test_without_a_holder_sirene_is_not_asked_for(host: Host, lake: Lake, client: HttpClient) -> None:
    state = ask(lake, client, SIRENE)
    assert (state.etat, state.raison) == ("absent", NOBODY)
    assert host.asked == []


def test_a_damaged_stock_leaves_the_units_in_place_and_nothing_behind(
    host: Host, lake: Lake, client: HttpClient
) -> None:
    holders(lake, "paris", "300000023")
    host.script(PATH, served(FIRST), served(FIRST[:-20]))
    ask(lake, client, SIRENE)
    holders(lake, "paris", "300000023", "300000114")
    state = ask(lake, client, SIRENE, LATER)
    assert (state.etat, state.lignes) == ("ancien", 1)
    assert "Parquet illisible" in str(state.raison)
    assert list(Path(str(lake / "raw" / "parts")).iterdir()) == []


def test_a_stock_that_forgets_the_units_that_it_knew_is_refused(host: Host, lake: Lake, client: HttpClient) -> None:
    holders(lake, "paris", "300000023", "300000114")
    host.script(PATH, served(FIRST), served(stock_bytes(unit("300000023"), unit("300000411"))))
    ask(lake, client, SIRENE)
    holders(lake, "paris", "300000023", "300000114", "300000411")
    state = ask(lake, client, SIRENE, LATER)
    assert state.etat == "ancien"
    assert "1 des 2 lignes" in str(state.raison)


def test_the_state_of_all_is_a_table(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, served(gc()))
    ask(lake, client)
    table = write_states(lake, {"essai": CPV, "regions": register("regions", id="regions")})
    assert table.select("registre", "table", "etat", "lignes").rows() == [
        ("essai", "registre_cpv", "à jour", 4),
        ("regions", "registre_regions", "absent", 0),
    ]
    assert read_register(lake, "registres").equals(table)


def test_a_register_of_another_version_counts_as_absent(lake: Lake) -> None:
    path = register_path(lake, "registre_cpv")
    path.parent.mkdir(parents=True)
    pl.DataFrame({"code": ["03000000"]}).write_parquet(str(path))
    assert read_register(lake, "registre_cpv").is_empty()
    path.write_bytes(b"PAR1")
    assert read_register(lake, "registre_cpv").is_empty()


def test_the_same_file_gives_the_same_bytes_in_a_bucket_too(host: Host, lake: Lake, client: HttpClient) -> None:
    bucket = Lake("memory://registers-test/lake")
    ceased = unit("300000023", etatAdministratifUniteLegale="C", dateDebut=date(2024, 1, 1))
    for where in (lake, bucket):
        host.script(PATH, served(stock_bytes(ceased, unit("300000114"))))
        holders(where, "paris", "300000114", "300000023")
        assert ask(where, client, SIRENE).etat == "à jour"
    one, other = (register_path(where, "registre_sirene").read_bytes() for where in (lake, bucket))
    assert one == other
