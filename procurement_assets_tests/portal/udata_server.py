"""The real udata (the software of data.gouv.fr) on the loopback address, without MongoDB: for tests only.

Run by `test_datagouv_udata.py` with the Python of an environment of its own (udata is AGPL: no product imports it):

    .udata-venv/bin/python udata_server.py --port PORT --root FOLDER

Prints one line of JSON once it serves: the organisation, the keys of a member and of a stranger. The database is
mongomock, in memory. Beside udata's own API there is one address for the tests:

    POST /-/harvest {"url": …}   run udata's own DCAT harvester on a catalogue; tells the job and the datasets made
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import mongoengine
import mongomock
from flask import Flask, jsonify, request

_connect = mongoengine.connect


def _connect_in_memory(*args: object, **kwargs: object) -> object:
    return _connect(*args, **{**kwargs, "mongo_client_class": mongomock.MongoClient})


mongoengine.connect = _connect_in_memory  # before udata is imported: it connects through this name

from udata import app as udata_app  # noqa: E402
from udata.settings import Defaults  # noqa: E402


def settings(port: int, root: Path) -> type:
    """The configuration of the server, as an object that Flask reads."""
    # What data.gouv.fr adds to udata's defaults, as far as it is known (its API tells: /datasets/extensions/).
    extensions = [*Defaults.ALLOWED_RESOURCES_EXTENSIONS, "parquet", "jsonld", "md"]
    return type(
        "Loopback",
        (),
        {
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "MONGODB_HOST": "mongodb://localhost/udata",
            "SECRET_KEY": "only-for-tests",
            "API_TOKEN_SECRET": "only-for-tests",
            "CACHE_TYPE": "flask_caching.backends.NullCache",
            "CACHE_NO_NULL_WARNING": True,
            "CELERY_TASK_ALWAYS_EAGER": True,
            "CELERY_TASK_EAGER_PROPAGATES": False,
            "SEND_MAIL": False,
            "WTF_CSRF_ENABLED": False,
            "AUTO_INDEX": False,
            "URLS_ALLOW_LOCAL": True,
            "URLS_ALLOW_PRIVATE": True,
            # There is no network: each look-up of a name of an address would wait for its timeout.
            "URLS_RESOLVE_HOSTNAME": False,
            "PUBLISH_ON_RESOURCE_EVENTS": False,
            "SCHEMA_CATALOG_URL": None,
            "HARVESTER_BACKENDS": ["dcat"],
            "ALLOWED_RESOURCES_EXTENSIONS": extensions,
            "FS_ROOT": str(root / "fs"),
            "DEFAULT_LANGUAGE": "fr",
        },
    )


def create(port: int, root: Path) -> Flask:
    """The udata application with its licences and the address of the tests."""
    app: Flask = udata_app.standalone(udata_app.create_app(override=settings(port, root)))
    app.instance_path = str(root)

    @app.post("/-/harvest")
    def harvest() -> object:
        return jsonify(_harvest(request.get_json()["url"]))

    return app


def fill() -> dict[str, str]:
    """Licences, an organisation, a member and a stranger with a key each. Returns what a client needs."""
    from udata.core.api_token.models import ApiToken
    from udata.core.dataset.models import License
    from udata.core.organization.models import Member, Organization
    from udata.core.spatial.models import GeoZone
    from udata.core.user.models import User

    License(
        id="lov2",
        title="Licence Ouverte / Open Licence version 2.0",
        url="https://www.etalab.gouv.fr/licence-ouverte-open-licence",
        alternate_urls=["https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf"],
        active=True,
    ).save()
    License(id="notspecified", title="License Not Specified", active=True).save()
    GeoZone(id="fr:departement:75", slug="paris", name="Paris", code="75", level="fr:departement").save()
    keys = {}
    users = {}
    for name in ("member", "stranger"):
        users[name] = User(
            email=f"{name}@example.org",
            first_name=name,
            last_name="Test",
            password="x",
            active=True,
            fs_uniquifier=name,
        ).save()
        keys[name] = ApiToken.generate(users[name])[1]
    organization = Organization(
        name="Ville de Paris",
        description="Organisation des tests",
        # The least role that docs/securite.md asks for.
        members=[Member(user=users["member"], role="editor")],
    ).save()
    return {"organization": str(organization.id), "slug": organization.slug, **keys}


def _harvest(url: str) -> dict[str, object]:
    from udata.core.dataset.models import Dataset
    from udata.harvest.backends import get_backend
    from udata.harvest.models import HarvestSource

    source = HarvestSource(name=url, url=url, backend="dcat").save()
    job = get_backend("dcat")(source).harvest()
    made = [item.dataset for item in job.items if item.dataset]
    return {
        "status": job.status,
        "errors": [e.message for e in job.errors] + [e.message for item in job.items for e in item.errors],
        "datasets": [_told(Dataset.objects.get(id=d.id)) for d in made],
    }


def _told(dataset: object) -> dict[str, object]:
    return {
        "title": dataset.title,
        "frequency": str(dataset.frequency),
        "license": dataset.license and dataset.license.id,
        "tags": sorted(dataset.tags),
        "description": dataset.description,
        "resources": [
            {
                "title": r.title,
                "url": r.url,
                "format": r.format,
                "mime": r.mime,
                "filesize": r.filesize,
                "checksum": r.checksum and r.checksum.value,
                "schema": r.schema and r.schema.to_dict(),
            }
            for r in dataset.resources
        ],
    }


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--root", type=Path, required=True)
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    app = create(args.port, args.root)
    with app.app_context():
        ready = fill()
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", args.port, app, threaded=True)
    print(json.dumps(ready), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
