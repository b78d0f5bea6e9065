"""What the machine around the project refuses (a database of Dagster, object storage, a disk), in one French line.

Anything else is a defect of ours, and keeps its stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from procurement_assets.storage_errors import disk_cause

LONGEST = 300
"""Characters of another library's message that are repeated."""
_DATABASE: Final = (
    ("database or disk is full", "le disque est plein. Libérer de la place ou agrandir le disque, puis relancer."),
    ("readonly database", "les droits d'écriture manquent. Les donner à l'utilisateur qui lance la chaîne."),
    ("unable to open database file", "une base ne peut pas être ouverte. Vérifier les droits et la place du disque."),
    ("database is locked", "une base est occupée par un autre traitement. Attendre sa fin, puis relancer."),
    ("disk I/O error", "le disque rend une erreur en lecture ou en écriture. Le vérifier, puis relancer."),
)
"""What SQLite says, and what it means for who runs the project."""
_STORAGE: Final = {
    "NoCredentialsError": "aucun identifiant : régler AWS_ACCESS_KEY_ID et AWS_SECRET_ACCESS_KEY, ou un profil AWS",
    "EndpointConnectionError": "le serveur ne répond pas : vérifier l'adresse et le réseau",
}
"""What botocore raises, by the name of its class."""


def outside_cause(error: BaseException) -> str | None:
    """What is refused and what to do, where an error or what lies below it comes from outside; None otherwise."""
    for link in _chain(error):
        library, name = type(link).__module__.partition(".")[0], type(link).__name__
        if library in ("sqlite3", "sqlalchemy", "psycopg2") and name == "OperationalError":
            return f"base de l'instance Dagster (DAGSTER_HOME) : {_database(link)}"
        if library in ("botocore", "aiobotocore"):
            return f"stockage objet : {_STORAGE.get(name) or in_one_line(link)}"
        if name == "DagsterInstanceSchemaOutdated":
            return "l'instance est d'une version plus ancienne de Dagster. Lancer « dagster instance migrate »."
        if name == "CheckError" and "dagster_postgres" in str(link):
            return "PostgreSQL demande le paquet dagster-postgres : « pip install -e '.[postgres]' »."
        if isinstance(link, ImportError) and "s3fs" in str(link):
            return "s3:// demande le paquet s3fs : « pip install s3fs »."
        if isinstance(link, OSError) and (cause := disk_cause(link)):
            return cause
    return None


def in_one_line(error: BaseException) -> str:
    """The message of an error in one line, cut where it is long; the name of the class where there is none."""
    line = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _database(error: BaseException) -> str:
    said = str(error)
    return next((told for english, told in _DATABASE if english in said), in_one_line(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it says it was raised from: what was being handled meanwhile may have nothing to do with it."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__
