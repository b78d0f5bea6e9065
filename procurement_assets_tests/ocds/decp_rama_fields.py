"""The fields that the State's converter writes, and where ours stand: the data of `test_decp_rama.py`."""

from __future__ import annotations

from typing import Any, NamedTuple

OCID = "ocds-78apv2-20001318300021-2018MAPA20180500"


class Field(NamedTuple):
    """A field that the State writes. `ours`: where it stands in ours; `value`: ours for the first pair, where not the
    same; `why`: what was wrong."""

    theirs: str
    ours: str
    value: list[Any] | None = None
    why: str = ""

    @property
    def same(self) -> bool:
        """Reproduced, at the same path or at another one."""
        return self.value is None


_ONE_PARTY = "le suffixe de rôle fait deux parties d'une organisation ; une organisation, une partie"
_LOCAL = "identifiant local, unique dans le processus : l'ocid n'est pas à répéter"
SUPPLIER = "FR-RCS-380243923-00089"

FIELDS = (
    Field("ocid", "ocid", [OCID], "un séparateur entre SIRET et identifiant : deux couples ne donnent jamais le même"),
    Field(
        "id",
        "id",
        [f"{OCID}-initial"],
        "nommé par l'événement ; `…-00` compte les modifications d'un contrat qui, modifié, n'est jamais publié",
    ),
    Field("decpUID", "tender/id", ["2018MAPA20180500"], "champ non déclaré : l'identifiant publié est `tender/id`"),
    Field("date", "date"),
    Field("language", "language"),
    Field(
        "tag",
        "tag",
        ["tender", "award", "contract"],
        "`initiationType` est `tender` sans section `tender` : elle y est",
    ),
    Field("initiationType", "initiationType"),
    Field("parties/name", "parties/name"),
    Field("parties/id", "parties/id", ["FR-RCS-200013183-00021", SUPPLIER], _ONE_PARTY),
    Field("parties/roles", "parties/roles"),
    Field("parties/identifier/scheme", "parties/identifier/scheme"),
    Field("parties/identifier/id", "parties/additionalIdentifiers/id"),
    Field(
        "parties/identifier/legalName",
        "parties/identifier/legalName",
        [],
        "le nom publié n'est pas la raison sociale : elle vient du répertoire Sirene quand il est là",
    ),
    Field("buyer/name", "buyer/name"),
    Field("buyer/id", "buyer/id", ["FR-RCS-200013183-00021"], _ONE_PARTY),
    Field("awards/id", "awards/id", ["1"], _LOCAL),
    Field("awards/description", "awards/title"),
    Field("awards/status", "awards/status"),
    Field("awards/date", "awards/date", ["2018-12-03T00:00:00+01:00"], "minuit à Paris, et non à Greenwich"),
    Field("awards/value/amount", "awards/value/amount"),
    Field("awards/value/currency", "awards/value/currency"),
    Field("awards/suppliers/name", "awards/suppliers/name"),
    Field("awards/suppliers/id", "awards/suppliers/id", [SUPPLIER], _ONE_PARTY),
    Field("awards/items/id", "awards/items/id", ["1"], _LOCAL),
    Field("awards/items/description", "awards/items/description"),
    Field("awards/items/classification/scheme", "awards/items/classification/scheme"),
    Field(
        "awards/items/classification/id",
        "awards/items/classification/id",
        ["38950000"],
        "la clé de contrôle n'est pas du code : `38950000-9` n'est dans aucune nomenclature",
    ),
    Field(
        "awards/contractPeriod/durationInDays",
        "contracts/period/durationInDays",
        [1186],
        "`mois × 30,5` n'est la différence d'aucune date ; la durée est celle du calendrier, avec son début et sa fin",
    ),
    Field("contracts/id", "contracts/id", ["1"], _LOCAL),
    Field("contracts/awardID", "contracts/awardID", ["1"], _LOCAL),
    Field("contracts/value/amount", "contracts/value/amount"),
    Field("contracts/value/currency", "contracts/value/currency"),
    Field("contracts/description", "contracts/title"),
    Field("contracts/period/durationInDays", "contracts/period/durationInDays", [1186], "idem"),
    Field("contracts/status", "contracts/status", ["active"], "`pending` pour tout contrat notifié : il a cours"),
    Field("contracts/items/id", "awards/items/id", ["1"], "les articles ne sont pas répétés de l'attribution"),
    Field("contracts/items/description", "awards/items/description"),
    Field("contracts/items/classification/scheme", "awards/items/classification/scheme"),
    Field("contracts/items/classification/id", "awards/items/classification/id", ["38950000"], "clé de contrôle"),
)

ADDED = {
    "contracts/dateSigned": "la notification, date de signature du contrat",
    "contracts/decp/datePublicationDonnees": "le jour de publication des données",
    "contracts/decp/dureeMois": "la durée en mois, telle que publiée",
    "contracts/period/endDate": "la fin de la période",
    "contracts/period/startDate": "le début de la période",
    "parties/additionalIdentifiers/scheme": "le registre du SIRET",
    "parties/identifier/id": "le SIREN",
    "parties/identifier/uri": "la fiche publique de l'entreprise",
    "tender/contractTerms/financialTerms": "la forme du prix, en clair",
    "tender/decp/format": "la famille d'arrêtés",
    "tender/decp/formePrix": "la forme du prix",
    "tender/decp/kind": "marché ou concession",
    "tender/decp/nature": "la nature",
    "tender/items/classification/id": "le code CPV",
    "tender/items/classification/scheme": "le code CPV",
    "tender/items/deliveryAddresses/description": "le lieu d'exécution",
    "tender/items/deliveryAddresses/postalCode": "le lieu d'exécution",
    "tender/items/deliveryLocations/description": "le lieu d'exécution",
    "tender/items/deliveryLocations/gazetteer/identifiers": "le lieu d'exécution",
    "tender/items/deliveryLocations/gazetteer/scheme": "le lieu d'exécution",
    "tender/items/description": "l'objet",
    "tender/items/id": "l'objet",
    "tender/mainProcurementCategory": "la catégorie, du code CPV",
    "tender/procurementMethodDetails": "la procédure",
    "tender/status": "la procédure est terminée",
    "tender/title": "l'objet",
}
"""What ours says of the first pair and the State's does not."""
