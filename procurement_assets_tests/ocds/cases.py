"""Contracts with every field filled, and packages of releases and records."""

from __future__ import annotations

import io

from procurement_assets.decp.model import Acte, Contract, Execution, Lieu, Modification, ModificationActe, Tarif
from procurement_assets.ocds.compile import StateCompiler
from procurement_assets.ocds.packages import package, write_record_package, write_release_package
from procurement_assets_tests.ocds.support import (
    COMPANY_B,
    PARIS,
    PROFILE,
    PUBLISHER,
    company,
    concession,
    marche,
)

ABOUT = package(
    PUBLISHER, uri="https://opendata.paris.fr/ocds/releases.json", published_date="2025-06-30T00:00:00+02:00"
)


def every_field() -> list[Contract]:
    """A marché and a concession with every field filled."""
    full = marche(
        acheteur_nom="VILLE DE PARIS",
        nature="Marché de défense ou de sécurité",
        codeCPV="45000000",
        procedure="Appel d'offres ouvert",
        techniques=["Accord-cadre", "Concours", "Catalogue électronique"],
        modalitesExecution=["Bons de commande", "Marchés subséquents", "Tranches"],
        idAccordCadre="2020AC",
        lieuExecution=Lieu(code="75012", typeCode="Code postal", nom="Paris"),
        dureeMois=48,
        formePrix="Forfaitaire",
        typesPrix=["Définitif ferme"],
        attributionAvance=True,
        tauxAvance=0.3,
        offresRecues=4,
        marcheInnovant=True,
        ccag="Travaux",
        sousTraitanceDeclaree=True,
        typeGroupementOperateurs="Solidaire",
        origineUE=1.0,
        origineFrance=0.5,
        considerationsSociales=["Clause sociale"],
        considerationsEnvironnementales=["Pas de considération environnementale"],
        titulaires=[company(name="ENGIE")],
        actesSousTraitance=[
            Acte(
                id=1,
                sousTraitant=company(COMPANY_B, "B"),
                dureeMois=6,
                dateNotification="2024-06-01",
                datePublicationDonnees="2024-06-12",
                montant=123456.89,
                variationPrix="Ferme",
            )
        ],
        modificationsActesSousTraitance=[
            ModificationActe(
                id=1,
                dateNotificationModificationSousTraitance="2024-07-01",
                datePublicationDonnees="2024-07-12",
                dureeMois=7,
                montant=200000.0,
            )
        ],
        modifications=[
            Modification(
                id=1,
                objetModification="Avenant",
                dateNotificationModification="2024-10-18",
                datePublicationDonneesModification="2024-10-20",
                dureeMois=60,
                montant=623457.87,
                titulaires=[company(COMPANY_B, "B"), company(PARIS)],
            )
        ],
    )
    year = Execution(
        datePublicationDonneesExecution="2025-04-18",
        depensesInvestissement=15300.0,
        tarifs=[Tarif(intituleTarif="Plein tarif", tarif=14.29)],
    )
    return [full, concession(montantSubventionPublique=50000.0, dureeMois=12, donneesExecution=[year])]


def release_package(groups: list[list[bytes]]) -> bytes:
    """A release package of processes."""
    out = io.BytesIO()
    write_release_package(out, (line for group in groups for line in group), ABOUT)
    return out.getvalue()


def record_package(groups: list[list[bytes]]) -> bytes:
    """A record package of processes."""
    out = io.BytesIO()
    write_record_package(out, StateCompiler(PROFILE).records(groups), ABOUT)
    return out.getvalue()
