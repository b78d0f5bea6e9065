"""Tables that say what has been published in OCDS: the ocid of every contract ever seen, and those that vanished."""

from procurement_assets.schema.column import Table, text, texts

_OCID = text(
    "ocid",
    "Identifiant OCDS",
    "Identifiant du processus de commande publique, donné une fois pour toutes.",
    required=True,
    ocds="ocid",
)
_CONTRACT = text("uid", "Identifiant unique", "Identifiant unique du contrat.", required=True)
_LAST_SEEN = text(
    "dernier_vu",
    "Vu pour la dernière fois",
    "Date des données du dernier instantané où une source contient le contrat (AAAA-MM-JJ).",
    required=True,
)
_LAST_SOURCES = texts("sources", "Sources", "Sources qui contenaient le contrat dans cet instantané.", required=True)

OCIDS = Table(
    name="ocids",
    title="Identifiants OCDS",
    description="L'identifiant de processus OCDS (ocid) de chaque contrat déjà vu : gardé pour toujours, jamais "
    "recalculé, même si le contrat disparaît des sources ou change d'identifiant.",
    key=("uid",),
    columns=(
        _CONTRACT,
        _OCID,
        text(
            "premier_vu",
            "Vu pour la première fois",
            "Jour de publication du premier fichier du contrat (AAAA-MM-JJ) : date un contrat sans date.",
            required=True,
        ),
        _LAST_SEEN,
        _LAST_SOURCES,
        texts(
            "empreintes",
            "Empreintes",
            "Débuts des SHA-256 des enregistrements du contrat : le reconnaissent s'il change d'uid.",
            required=True,
        ),
    ),
)

VANISHED = Table(
    name="vanished",
    title="Contrats disparus des sources",
    description="Contrats publiés qu'aucune source ne contient plus : leurs publications OCDS restent, et on le dit.",
    key=("uid",),
    columns=(_CONTRACT, _OCID, _LAST_SEEN, _LAST_SOURCES),
)
