"""Settings and publishers: what is read, and the one clear line for a wrong value."""

from __future__ import annotations

from pathlib import Path

import pytest

from procurement_assets.publishers import PublishersError, load_publishers, reject_unknown
from procurement_assets.settings import PACKAGE, SettingsError, load_settings


def test_without_any_variable_the_lake_is_beside_and_there_is_no_mirror() -> None:
    settings = load_settings({})
    assert settings.lake == str(Path("lake").resolve())
    assert settings.mirror is None
    assert settings.publishers == PACKAGE / "publishers.toml"


def test_values_are_read_from_the_environment() -> None:
    settings = load_settings(
        {
            "PROCUREMENT_LAKE": "s3://ville/decp/",
            "PROCUREMENT_MIRROR": "http://127.0.0.1:8800/",
            "PROCUREMENT_MAX_DOWNLOAD_MB": "10",
            "PROCUREMENT_ALERT_EMAIL": "a@paris.fr, b@paris.fr",
        }
    )
    assert settings.lake == "s3://ville/decp"
    assert settings.mirror == "http://127.0.0.1:8800"
    assert settings.max_download_bytes == 10 * 1024 * 1024
    assert settings.alert_email == ("a@paris.fr", "b@paris.fr")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PROCUREMENT_MIRROR", "127.0.0.1:8800", "attendu une adresse, comme http://127.0.0.1:8800"),
        ("PROCUREMENT_MIRROR", "http://127.0.0.1:99999", "attendu une adresse, comme http://127.0.0.1:8800"),
        ("PROCUREMENT_MIRROR", "http://[::1", "attendu une adresse, comme http://127.0.0.1:8800"),
        ("PROCUREMENT_DOCS_URL", "http://:3001", "attendu une adresse, comme http://127.0.0.1:8800"),
        ("PROCUREMENT_UI_URL", "https://hôte:port", "attendu une adresse, comme http://127.0.0.1:8800"),
        ("PROCUREMENT_ALERT_EMAIL", "dsin", "attendu des adresses séparées par des virgules, nom@domaine"),
        ("PROCUREMENT_ALERT_EMAIL", "a@p.fr b@p.fr", "attendu des adresses séparées par des virgules, nom@domaine"),
        ("PROCUREMENT_LAKE", "ftp://host/x", "attendu un dossier ou s3://bucket/prefixe"),
        ("PROCUREMENT_PUBLISHERS", "/nowhere/publishers.toml", "ce fichier n'existe pas"),
        ("PROCUREMENT_HTTP_ATTEMPTS", "0", "attendu un nombre entier de 1 à 50"),
        ("PROCUREMENT_HTTP_ATTEMPTS", "many", "attendu un nombre entier de 1 à 50"),
        ("PROCUREMENT_HTTP_BACKOFF_SECONDS", "-1", "attendu un nombre, 0 au moins"),
        ("PROCUREMENT_SMTP_PORT", "70000", "attendu un nombre entier de 1 à 65535"),
    ],
)
def test_a_wrong_value_gets_one_line_that_names_the_variable(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({name: value})
    assert str(error.value) == f"{name}={value!r} : {expected}"


@pytest.mark.parametrize("name", ["PROCUREMENT_PUBLISH", "PROCUREMENT_ACCEPT_DROP"])
def test_a_publisher_that_nobody_knows_is_not_passed_over(name: str) -> None:
    publishers = load_publishers(PACKAGE / "publishers.toml")
    reject_unknown(load_settings({name: "paris:depot"}), publishers)
    with pytest.raises(SettingsError, match=f"{name}='pariss:depot' : aucun publieur de ce nom ; .* nomme : paris,"):
        reject_unknown(load_settings({name: "paris:depot,pariss:depot"}), publishers)


def test_a_password_is_in_no_representation() -> None:
    settings = load_settings({"PROCUREMENT_SMTP_PASSWORD": "s3cret"})
    assert settings.smtp_password == "s3cret"
    assert "s3cret" not in repr(settings)


def test_paris_publishes_from_three_sources_under_a_placeholder_prefix() -> None:
    publishers = load_publishers(PACKAGE / "publishers.toml")
    paris = publishers.publishers["paris"]
    assert [s.id for s in publishers.sources_of("paris")] == ["maximilien", "minef-consolide", "paris-liste-marches"]
    assert "217500016" in paris.buyer_sirens
    assert paris.ocid_prefix_is_placeholder
    assert publishers.enabled == ["paris"]
    assert publishers.first == "paris"
    assert publishers.publishers["national-2019"].buyer_sirens == ()
    assert len(publishers.sources_of("national-2019")) == 4


_SOURCE = '[[source]]\nid = "a"\nname = "A"\nkind = "datagouv"\ndataset = "x"\nrank = 1\n'
_PUBLISHER = (
    '[[publisher]]\nid = "p"\nname = "P"\nsiren = "217500016"\nuri = "u"\nocid_prefix = "ocds-abc123"\n'
    'license = "l"\npublication_policy = "p"\nsources = ["a"]\n'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_SOURCE + _PUBLISHER.replace('["a"]', '["b"]'), "aucune source ne s'appelle b"),
        (_SOURCE + _PUBLISHER.replace("ocds-abc123", "abc"), "attendu ocds- et six lettres ou chiffres"),
        (_SOURCE + _PUBLISHER.replace('"217500016"', '"21750001"'), "21750001 n'est pas un SIREN"),
        (_SOURCE + _SOURCE + _PUBLISHER, "deux entrées ont le même id"),
        (_SOURCE.replace('dataset = "x"\n', "") + _PUBLISHER, "demande dataset"),
        (_SOURCE.replace("datagouv", "ftp") + _PUBLISHER, "Invalid enum value"),
        (_SOURCE + _PUBLISHER + "colour = 1\n", "colour"),
        (
            _SOURCE.replace('kind = "datagouv"\ndataset = "x"', 'kind = "sample"\nsample_profile = "x"') + _PUBLISHER,
            "doit dire demo = true",
        ),
        (_SOURCE + _PUBLISHER.replace('["a"]', '["a", "a"]'), "sources : a est nommée deux fois"),
        (_SOURCE + _PUBLISHER + 'other_bodies = { "5106111" = "Eau" }\n', "5106111 n'est pas un SIREN"),
        (_SOURCE + _PUBLISHER + 'services = { "217500016" = "DSIN" }\n', "217500016 n'est pas un SIRET"),
        (_SOURCE + 'zero_is_unknown = ["tauxAvanc"]\n' + _PUBLISHER, "tauxAvanc n'est pas un champ numérique"),
        (_SOURCE + 'url = "ftp://a.fr/x.json"\n' + _PUBLISHER, "attendu une adresse http ou https"),
        (_SOURCE + 'url = "http://[::1"\n' + _PUBLISHER, "attendu une adresse http ou https"),
        ("not toml", "publishers.toml"),
    ],
)
def test_a_wrong_publishers_file_gets_one_line_that_names_it(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "publishers.toml"
    path.write_text(text)
    with pytest.raises(PublishersError) as error:
        load_publishers(path)
    assert expected in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value).strip()


def test_a_publishers_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "publishers.toml"
    path.write_text("\ufeff" + _SOURCE + _PUBLISHER, encoding="utf-8")
    assert list(load_publishers(path).publishers) == ["p"]
