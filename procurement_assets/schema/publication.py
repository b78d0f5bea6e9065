"""Tables that say what has been published in OCDS: the ocid of every contract ever seen, and those that vanished."""

from procurement_assets.schema.column import Column, Table

_OCID = Column(
    name="ocid",
    type="string",
    required=True,
    title="Identifiant OCDS",
    description="Identifiant du processus de commande publique, donné une fois pour toutes.",
    ocds="ocid",
)
_CONTRACT = Column(
    name="uid",
    type="string",
    required=True,
    title="Identifiant unique",
    description="Identifiant unique du contrat.",
)
_LAST_SEEN = Column(
    name="dernier_vu",
    type="string",
    required=True,
    title="Vu pour la dernière fois",
    description="Date des données du dernier instantané où une source contient le contrat (AAAA-MM-JJ).",
)
_LAST_SOURCES = Column(
    name="sources",
    type="list",
    required=True,
    title="Sources",
    description="Sources qui contenaient le contrat dans cet instantané.",
)

OCIDS = Table(
    name="ocids",
    title="Identifiants OCDS",
    description="L'identifiant de processus OCDS (ocid) de chaque contrat déjà vu : gardé pour toujours, jamais "
    "recalculé, même si le contrat disparaît des sources ou change d'identifiant.",
    key=("uid",),
    columns=(
        _CONTRACT,
        _OCID,
        Column(
            name="premier_vu",
            type="string",
            required=True,
            title="Vu pour la première fois",
            description="Jour de publication du premier fichier du contrat (AAAA-MM-JJ) : date un contrat sans date.",
        ),
        _LAST_SEEN,
        _LAST_SOURCES,
        Column(
            name="empreintes",
            type="list",
            required=True,
            title="Empreintes",
            description="Débuts des SHA-256 des enregistrements du contrat : le reconnaissent s'il change d'uid.",
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
