"""What the reader may note, and why it may quarantine: stable ids and their French titles, shown in reports."""

from __future__ import annotations

READER_RULES: dict[str, str] = {
    # the file
    "read.bom": "Marque d'ordre des octets (BOM) en tête de fichier, retirée",
    "read.gzip": "Fichier compressé (gzip), décompressé",
    "read.gzip-damaged": "Archive gzip endommagée ou tronquée : lue jusqu'au dommage",
    "read.transcoded": "Fichier en UTF-16 ou UTF-32, converti en UTF-8",
    "read.encoding-lie": "L'encodage déclaré n'est pas celui du fichier",
    "read.truncated": "Fichier interrompu avant sa fin",
    "read.stray-characters": "Caractères étrangers entre deux contrats, sautés",
    "read.trailing-data": "Données étrangères à la suite du document JSON",
    "read.single-record": "Fichier fait d'un seul contrat, sans enveloppe",
    "read.null-list": "Liste de contrats vide écrite « null » ou par une valeur simple",
    "read.wrapper-record": "Contrat enveloppé une fois de trop (marches, marche)",
    # the bytes of a record
    "read.invalid-utf8": "Octets qui ne sont pas de l'UTF-8, lus comme Windows-1252",
    "read.invalid-bytes": "Octets illisibles dans l'encodage du fichier, remplacés",
    "read.control-characters": "Caractères de contrôle dans un texte",
    "read.nan": "Valeur NaN ou infinie, lue comme absente",
    "read.number-out-of-range": "Nombre hors de portée, gardé comme texte",
    "read.backslash": "Barre oblique inverse mal échappée, réparée",
    "read.unescaped-quote": "Guillemet non échappé dans un texte, réparé",
    "read.trailing-comma": "Virgule en trop, retirée",
    "read.surrogate": "Demi-codet Unicode isolé, remplacé",
    "read.missing-end": "Fin du contrat mal délimitée, retrouvée",
    "read.duplicate-key": "Champ écrit deux fois dans le même objet : la dernière valeur est gardée",
    "read.xml-recovered": "Élément XML mal formé, lu au mieux",
    "read.xml-entity": "Entité ou esperluette non déclarée en XML, gardée comme texte",
    # the structure of a record
    "read.unknown-field": "Champ inconnu des schémas, gardé à part",
    "read.key-variant": "Champ nommé autrement que dans les schémas",
    "read.value-conflict": "Champ donné sous deux noms avec deux valeurs : la première est gardée",
    "read.wrapper-object": "Objet à la place d'une liste",
    "read.wrapper-list": "Liste à la place d'un objet ou d'une valeur",
    "read.wrapper-missing": "Éléments de liste sans leur enveloppe du format 2022",
    "read.nested-list": "Liste de listes, mise à plat",
    "read.null-item": "Élément vide dans une liste, retiré",
    "read.json-in-string": "Structure JSON écrite dans un texte, relue",
    "read.columns-object": "Liste d'objets écrite en colonnes, remise en lignes",
    "read.holder-keys-only": "Titulaires réduits aux noms de leurs champs : titulaires inconnus",
    "read.bare-holder": "Opérateur donné par son seul identifiant",
    "read.scalar-list": "Valeur simple à la place d'une liste",
    "read.list-joined": "Liste écrite dans un seul texte, séparée",
    "read.scalar-object": "Valeur simple à la place d'un objet",
    "read.unexpected-text": "Texte à la place d'une structure, gardé à part",
    "read.unexpected-structure": "Structure à la place d'une valeur simple, gardée à part",
    "read.kind-conflict": "Nature du contrat contradictoire entre _type, la liste et les champs",
}

QUARANTINE_REASONS: dict[str, str] = {
    "file.empty": "Fichier vide",
    "file.html": "Page HTML à la place des données",
    "file.no-records": "Aucune liste de contrats dans le fichier",
    "file.truncated": "Dernier contrat interrompu : fichier tronqué",
    "record.not-an-object": "Élément de la liste qui n'est pas un contrat",
    "record.empty": "Contrat sans aucun champ",
    "record.unrecognised": "Objet sans aucun champ des données essentielles",
    "record.malformed": "Contrat illisible : JSON ou XML endommagé sans réparation sûre",
    "record.too-deep": "Contrat aux structures imbriquées sans limite",
    "record.too-large": "Contrat plus gros que la limite de lecture",
}
