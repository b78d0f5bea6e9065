"""Names of fields: those of every schema version, and the variants met in feeds, by structure.

Exact names are those of the schemas 1.0.0 to 2.0.4, JSON and XSD (research/decp.md §1.2 to §1.5). A variant is
recognised by its letters alone (case, accents and punctuation aside) and is noted.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """The letters and digits of a key, without accents or case: `type_identifiant` -> `typeidentifiant`."""
    letters = unicodedata.normalize("NFKD", key)
    return "".join(letter for letter in letters if letter.isalnum()).lower()


class Names:
    """The fields of one structure: exact names, and variants, to canonical names."""

    def __init__(self, canonical: str, exact: dict[str, str] | None = None, variants: dict[str, str] | None = None):
        self.exact = {name: name for name in canonical.split()} | (exact or {})
        self.variants = {plain(name): target for name, target in self.exact.items()}
        for name, target in (variants or {}).items():
            self.variants[plain(name)] = target

    def find(self, key: str) -> tuple[str | None, bool]:
        """(canonical name or None, whether the key was a variant)."""
        name = self.exact.get(key)
        if name is not None:
            return name, False
        name = self.variants.get(plain(key))
        return name, name is not None


SCALARS: Final = (
    "id uid nature objet codeCPV procedure idAccordCadre dureeMois dateNotification dateSignature dateDebutExecution "
    "datePublicationDonnees montant valeurGlobale montantSubventionPublique formePrix attributionAvance tauxAvance "
    "offresRecues marcheInnovant ccag sousTraitanceDeclaree typeGroupementOperateurs origineUE origineFrance"
)

RECORD = Names(
    SCALARS,
    exact={
        **{name: name for name in ("acheteur", "autoriteConcedante", "lieuExecution")},
        **{name: name for name in ("titulaires", "concessionnaires", "modifications")},
        **{name: name for name in ("actesSousTraitance", "modificationsActesSousTraitance")},
        **{name: name for name in ("acheteur.id", "acheteur.nom", "autoriteConcedante.id", "autoriteConcedante.nom")},
        **{name: name for name in ("lieuExecution.code", "lieuExecution.typeCode", "lieuExecution.nom")},
        "donneesExecution": "donneesExecution",
        "donneeExecution": "donneesExecution",  # XSD 1.0.0
        "identificationAcheteur": "acheteur.nom",  # marchés de défense ou de sécurité, 1.0.0 to 1.3.0
        **{name: name for name in ("techniques", "modalitesExecution", "typesPrix")},
        **{name: name for name in ("considerationsSociales", "considerationsEnvironnementales")},
        "technique": "techniques",  # 2.0.0
        "modaliteExecution": "modalitesExecution",
        "typePrix": "typesPrix",
    },
    variants={
        "identifiant": "id",
        "cpv": "codeCPV",
        "codesCPV": "codeCPV",
        "considerationSociale": "considerationsSociales",
        "considerationEnvironnementale": "considerationsEnvironnementales",
        "titulaire": "titulaires",
        "concessionnaire": "concessionnaires",
        "modification": "modifications",
        "acteSousTraitance": "actesSousTraitance",
        "actesSousTraitances": "actesSousTraitance",
        "modificationActeSousTraitance": "modificationsActesSousTraitance",
        "modificationsActeSousTraitance": "modificationsActesSousTraitance",
        "modificationActesSousTraitance": "modificationsActesSousTraitance",
        "donneesAnnuelles": "donneesExecution",
        "siretAcheteur": "acheteur.id",
        "idAcheteur": "acheteur.id",
        "acheteurSiret": "acheteur.id",
        "nomAcheteur": "acheteur.nom",
        "idAutoriteConcedante": "autoriteConcedante.id",
        "nomAutoriteConcedante": "autoriteConcedante.nom",
        "typeGroupement": "typeGroupementOperateurs",
    },
)
"""Dotted names stand for a field of a structure; `acheteur_id` is a variant of `acheteur.id`."""

PARTY = Names(
    "id nom",
    exact={"siret": "id"},  # 1.0.0
    variants={"identifiant": "id", "denominationSociale": "nom", "denomination": "nom", "raisonSociale": "nom"},
)

OPERATEUR = Names(
    "typeIdentifiant id denominationSociale",
    variants={
        "typeId": "typeIdentifiant",
        "type": "typeIdentifiant",
        "identifiant": "id",
        "siret": "id",
        "nom": "denominationSociale",
        "denomination": "denominationSociale",
        "raisonSociale": "denominationSociale",
    },
)

LIEU = Names("code typeCode nom", variants={"type": "typeCode", "codeLieu": "code", "libelle": "nom"})

MODIFICATION = Names(
    "id objetModification dateNotificationModification dateSignatureModification datePublicationDonneesModification "
    "dureeMois montant valeurGlobale titulaires",
    exact={"concessionnaires": "titulaires"},
    variants={
        "idModification": "id",
        "objet": "objetModification",
        "dateNotification": "dateNotificationModification",
        "dateSignature": "dateSignatureModification",
        "datePublicationDonnees": "datePublicationDonneesModification",
        "dureeMoisModification": "dureeMois",
        "montantModification": "montant",
        "valeurGlobaleModification": "valeurGlobale",
        "titulairesModification": "titulaires",
        "titulaire": "titulaires",
    },
)

ACTE = Names(
    "id sousTraitant dureeMois dateNotification datePublicationDonnees montant variationPrix",
    variants={
        "idActeSousTraitance": "id",
        "dureeMoisActeSousTraitance": "dureeMois",
        "dateNotificationActeSousTraitance": "dateNotification",
        "datePublicationDonneesActeSousTraitance": "datePublicationDonnees",
        "montantActeSousTraitance": "montant",
        "variationPrixActeSousTraitance": "variationPrix",
        "soustraitants": "sousTraitant",
    },
)

MODIFICATION_ACTE = Names(
    "id dateNotificationModificationSousTraitance datePublicationDonnees dureeMois montant",
    exact={  # 2.0.0
        "dateNotificationModificationActeSousTraitance": "dateNotificationModificationSousTraitance",
        "datePublicationDonneesModificationActeSousTraitance": "datePublicationDonnees",
    },
    variants={
        "dateNotificationModification": "dateNotificationModificationSousTraitance",
        "dateNotificationModificationSousTraitanceModificationActeSousTraitance": (
            "dateNotificationModificationSousTraitance"
        ),
        "datePublicationDonneesModificationSousTraitance": "datePublicationDonnees",
        "datePublicationDonneesModification": "datePublicationDonnees",
        "dureeMoisModificationActeSousTraitance": "dureeMois",
        "montantModificationActeSousTraitance": "montant",
        "idModificationActeSousTraitance": "id",
        "montantSousTraitance": "montant",  # the official example of 2.0.0, against its schema
    },
)

EXECUTION = Names("datePublicationDonneesExecution depensesInvestissement tarifs", variants={"tarif": "tarifs"})

TARIF = Names("intituleTarif tarif", variants={"intitule": "intituleTarif", "montant": "tarif"})

WRAPPERS: Final[dict[str, frozenset[str]]] = {
    "titulaires": frozenset({"titulaire", "titulaires", "concessionnaire", "concessionnaires"}),
    "modifications": frozenset({"modification", "modifications"}),
    "actesSousTraitance": frozenset({"actesoustraitance", "actessoustraitance"}),
    "modificationsActesSousTraitance": frozenset(
        {"modificationactesoustraitance", "modificationactessoustraitance", "modificationsactessoustraitance"}
    ),
    "donneesExecution": frozenset({"donneesannuelles", "donneeannuelle", "donneesexecution", "donneeexecution"}),
    "tarifs": frozenset({"tarif", "tarifs"}),
    "sousTraitant": frozenset({"soustraitant", "soustraitants"}),
    "techniques": frozenset({"technique", "techniques"}),
    "modalitesExecution": frozenset({"modaliteexecution", "modalitesexecution"}),
    "typesPrix": frozenset({"typeprix", "typesprix"}),
    "considerationsSociales": frozenset({"considerationsociale", "considerationssociales"}),
    "considerationsEnvironnementales": frozenset({"considerationenvironnementale", "considerationsenvironnementales"}),
}
"""The keys (letters only) that wrap the items of each list. XSD 2.0.2: the plural `modificationActesSousTraitance`."""

KNOWN_EXTRAS: Final = frozenset(
    {"source", "uuid", "_type", "$schema", "montantAvantagesFinanciers", "dateTransmissionDonneesEtalab"}
)
"""Top-level fields kept in `extras` without a note: those platforms add, those of schemas 1.0 and 1.1 since dropped."""
