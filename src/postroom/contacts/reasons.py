"""Why a row, a value or a whole file was refused: a closed list of codes with French and English words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")


class Reason(StrEnum):
    """Stable codes; programs may rely on them (specs, contact folders 4.2)."""

    # A row is refused.
    NO_MEANS = "NO_MEANS"
    INVALID_EMAIL = "INVALID_EMAIL"
    INVALID_MOBILE = "INVALID_MOBILE"
    INVALID_PHONE = "INVALID_PHONE"
    MISSING_REFERENCE = "MISSING_REFERENCE"
    TOO_MANY_COLUMNS = "TOO_MANY_COLUMNS"
    VALUE_TOO_LONG = "VALUE_TOO_LONG"
    MISSING_MEDIUM_VALUE = "MISSING_MEDIUM_VALUE"
    MISSING_KEY = "MISSING_KEY"
    # A row of a file for several accounts is refused; what refuses a file may refuse an account's rows, too.
    MISSING_DISPATCH = "MISSING_DISPATCH"
    UNKNOWN_DISPATCH = "UNKNOWN_DISPATCH"
    AMBIGUOUS_MATCH = "AMBIGUOUS_MATCH"
    # A value is left out (the row stays); INVALID_* serve here too.
    BAD_DATE = "BAD_DATE"
    BAD_CUSTOM_VALUE = "BAD_CUSTOM_VALUE"
    # An opt-in that did not lift what stands.
    OPTOUT_STANDS = "OPTOUT_STANDS"
    # A whole file is refused.
    EMPTY_FILE = "EMPTY_FILE"
    NO_ROW = "NO_ROW"
    NO_VALID_ROW = "NO_VALID_ROW"
    NO_KNOWN_HEADER = "NO_KNOWN_HEADER"
    MISSING_COLUMN = "MISSING_COLUMN"
    DUPLICATE_HEADER = "DUPLICATE_HEADER"
    WRONG_SEPARATOR = "WRONG_SEPARATOR"
    NOT_TEXT = "NOT_TEXT"
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"
    UNCLOSED_QUOTE = "UNCLOSED_QUOTE"
    TOO_MANY_HEADERS = "TOO_MANY_HEADERS"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    BAD_ARCHIVE = "BAD_ARCHIVE"
    ENCRYPTED_ARCHIVE = "ENCRYPTED_ARCHIVE"
    SEVERAL_FILES = "SEVERAL_FILES"
    ARCHIVE_TOO_BIG = "ARCHIVE_TOO_BIG"
    TOO_COMPLEX = "TOO_COMPLEX"
    UNREADABLE = "UNREADABLE"
    NO_CRITERION = "NO_CRITERION"
    NOT_PGP = "NOT_PGP"
    NO_DECRYPTION_KEY = "NO_DECRYPTION_KEY"
    WRONG_KEY = "WRONG_KEY"
    DAMAGED_PGP = "DAMAGED_PGP"
    TOO_MANY_LEAVE = "TOO_MANY_LEAVE"
    TOO_MANY_DELETED = "TOO_MANY_DELETED"
    LIST_GONE = "LIST_GONE"


INVALID_ADDRESS: Mapping[str, Reason] = {
    "email": Reason.INVALID_EMAIL,
    "phone": Reason.INVALID_PHONE,
    "mobile": Reason.INVALID_MOBILE,
}
"""What is said of an address that is not one, by its field."""

_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.NO_MEANS: (
        "ni e-mail, ni téléphone fixe, ni mobile",
        "no e-mail, no fixed phone and no mobile",
    ),
    Reason.INVALID_EMAIL: ("e-mail invalide : {value}", "invalid e-mail: {value}"),
    Reason.INVALID_MOBILE: ("mobile invalide : {value}", "invalid mobile number: {value}"),
    Reason.INVALID_PHONE: ("téléphone fixe invalide : {value}", "invalid fixed phone number: {value}"),
    Reason.MISSING_REFERENCE: (
        "référence absente alors qu'elle identifie le contact",
        "no reference, although the reference identifies the contact",
    ),
    Reason.TOO_MANY_COLUMNS: (
        "plus de cellules que d'en-têtes : {value}",
        "more cells than headers: {value}",
    ),
    Reason.VALUE_TOO_LONG: ("valeur trop longue : {value}", "value too long: {value}"),
    Reason.MISSING_MEDIUM_VALUE: (
        "aucune adresse pour le média {value} sur cette ligne",
        "no address for the medium {value} on this row",
    ),
    Reason.MISSING_KEY: (
        "rien n'identifie le contact sur cette ligne ({value})",
        "nothing on this row identifies the contact ({value})",
    ),
    Reason.MISSING_DISPATCH: (
        "aucun compte sur cette ligne (colonne dispatch vide)",
        "no account on this row (the column dispatch is empty)",
    ),
    Reason.UNKNOWN_DISPATCH: ("compte inconnu : {value}", "unknown account: {value}"),
    Reason.AMBIGUOUS_MATCH: (
        "plusieurs contacts différents correspondent à cette ligne ({value})",
        "several different contacts match this row ({value})",
    ),
    Reason.OPTOUT_STANDS: (
        "désabonnement maintenu (plainte ou adresse en erreur) : {value}",
        "the opt-out stands (complaint or hard bounce): {value}",
    ),
    Reason.BAD_DATE: ("date de naissance illisible : {value}", "unreadable date of birth: {value}"),
    Reason.BAD_CUSTOM_VALUE: (
        "valeur que ce champ ne peut pas avoir : {value}",
        "a value that this field cannot have: {value}",
    ),
    Reason.EMPTY_FILE: ("le fichier est vide", "the file is empty"),
    Reason.NO_ROW: (
        "le fichier a un en-tête mais aucune ligne : rien n'a été modifié",
        "the file has a header but no row: nothing was changed",
    ),
    Reason.NO_VALID_ROW: (
        "aucune ligne valable : rien n'a été modifié, voir le fichier des lignes refusées",
        "no valid row: nothing was changed, see the file of refused rows",
    ),
    Reason.NO_KNOWN_HEADER: (
        "aucun en-tête connu sur la première ligne : {value}",
        "no known header on the first line: {value}",
    ),
    Reason.MISSING_COLUMN: (
        "colonne obligatoire absente : {value}",
        "a required column is missing: {value}",
    ),
    Reason.DUPLICATE_HEADER: ("en-tête en double : {value}", "the same header twice: {value}"),
    Reason.WRONG_SEPARATOR: (
        "mauvais séparateur (trouvé / attendu) : {value}",
        "wrong separator (found / expected): {value}",
    ),
    Reason.NOT_TEXT: (
        "le contenu n'est pas du texte CSV ({value})",
        "the content is not CSV text ({value})",
    ),
    Reason.UNKNOWN_FORMAT: (
        "type de fichier non pris en charge : {value} (attendu : .csv, .txt, .xls, .xlsx, .ods, .zip ou .gz)",
        "unsupported kind of file: {value} (expected: .csv, .txt, .xls, .xlsx, .ods, .zip or .gz)",
    ),
    Reason.UNCLOSED_QUOTE: (
        "guillemet ouvert et jamais refermé, à partir de la ligne {value}",
        "a quote is opened and never closed, from line {value}",
    ),
    Reason.TOO_MANY_HEADERS: ("trop de colonnes : {value}", "too many columns: {value}"),
    Reason.LINE_TOO_LONG: ("la ligne {value} est trop longue", "line {value} is too long"),
    Reason.BAD_ARCHIVE: (
        "archive ou classeur illisible : {value}",
        "unreadable archive or workbook: {value}",
    ),
    Reason.ENCRYPTED_ARCHIVE: (
        "l'archive, le classeur ou le message est protégé par un mot de passe",
        "the archive, workbook or message is protected by a password",
    ),
    Reason.SEVERAL_FILES: (
        "l'archive doit contenir un seul fichier, elle en contient {value}",
        "the archive must hold one file, it holds {value}",
    ),
    Reason.ARCHIVE_TOO_BIG: (
        "l'archive décompressée dépasse {value}",
        "the archive inflates to more than {value}",
    ),
    Reason.TOO_COMPLEX: (
        "la lecture de ce fichier a pris trop de temps ou de mémoire",
        "reading this file took too much time or memory",
    ),
    Reason.UNREADABLE: (
        "ce fichier est endommagé : sa lecture s'est interrompue",
        "this file is damaged: reading it broke off",
    ),
    Reason.NO_CRITERION: (
        "la suppression demande un critère de dédoublonnage, ce compte n'en a pas : rien n'a été supprimé",
        "deleting needs a deduplication criterion and this account has none: nothing was deleted",
    ),
    Reason.NOT_PGP: (
        "le nom annonce un message PGP chiffré, le contenu n'en est pas un",
        "the name promises an encrypted PGP message, the content is none",
    ),
    Reason.NO_DECRYPTION_KEY: (
        "le compte n'a pas de clé PGP pour ouvrir ce fichier",
        "the account has no PGP key to open this file",
    ),
    Reason.WRONG_KEY: (
        "chiffré pour une autre clé (trouvée / attendue) : {value}",
        "encrypted for another key (found / expected): {value}",
    ),
    Reason.DAMAGED_PGP: (
        "message PGP endommagé, modifié en chemin ou protégé trop faiblement",
        "the PGP message is damaged, was changed on its way, or is protected too weakly",
    ),
    Reason.TOO_MANY_LEAVE: (
        "trop de contacts quitteraient la liste, rien n'a été modifié : {value}",
        "too many contacts would leave the list, nothing was changed: {value}",
    ),
    Reason.TOO_MANY_DELETED: (
        "trop de contacts seraient supprimés, rien n'a été modifié : {value}",
        "too many contacts would be deleted, nothing was changed: {value}",
    ),
    Reason.LIST_GONE: (
        "la liste de cet import a été supprimée avant lui : rien n'a été modifié ({value})",
        "the list of this import was deleted before it: nothing was changed ({value})",
    ),
}


def reason_text(reason: Reason, language: Language, value: str = "") -> str:
    """Say `reason` in the sender's language; `value` is what was found, cut to 80 characters."""
    return worded(_TEXTS[reason], language, value)


def worded(texts: tuple[str, str], language: Language, value: str) -> str:
    """Return the French or the English one of texts, with a value in it, cut to 80 characters."""
    shown = value if len(value) <= 80 else value[:77] + "..."
    return texts[LANGUAGES.index(language)].format(value=shown)
