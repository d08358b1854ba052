"""What is said of a command batch's lines, commands and records: a closed list of codes with their words."""

from __future__ import annotations

from enum import StrEnum

from postroom.contacts.reasons import Language, worded


class Verdict(StrEnum):
    """Stable codes; programs may rely on them (specs, command batches 5 and 7)."""

    # The file or its header is refused: nothing of the body is run.
    NOT_A_BATCH = "NOT_A_BATCH"
    NOT_WELL_FORMED = "NOT_WELL_FORMED"
    DOCTYPE_REFUSED = "DOCTYPE_REFUSED"
    UNKNOWN_ENCODING = "UNKNOWN_ENCODING"
    REALM_NOT_FIRST = "REALM_NOT_FIRST"
    PASSWORD_NOT_SECOND = "PASSWORD_NOT_SECOND"  # noqa: S105  # the name of a code, nobody's password
    CLIENT_INCOMPLETE = "CLIENT_INCOMPLETE"
    BAD_FLAG = "BAD_FLAG"
    BAD_NUMBER = "BAD_NUMBER"
    BAD_HEADER_FIELDS = "BAD_HEADER_FIELDS"
    MISPLACED_FLAG = "MISPLACED_FLAG"
    LOGIN_FAILED = "LOGIN_FAILED"
    TOO_BIG = "TOO_BIG"
    TOO_COMPLEX = "TOO_COMPLEX"
    UNREADABLE = "UNREADABLE"
    # A warning about the header.
    UNKNOWN_KEY = "UNKNOWN_KEY"
    REPEATED_KEY = "REPEATED_KEY"
    BAD_CONFIRMATION = "BAD_CONFIRMATION"
    UNIVERSAL_OFF = "UNIVERSAL_OFF"
    NAME_TO_AVOID = "NAME_TO_AVOID"
    # A line or a command is refused.
    HEADER_AFTER_BODY = "HEADER_AFTER_BODY"
    NOT_A_COMMAND = "NOT_A_COMMAND"
    UNKNOWN_COMMAND = "UNKNOWN_COMMAND"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    MISSING_ARGUMENT = "MISSING_ARGUMENT"
    BAD_ARGUMENT = "BAD_ARGUMENT"
    MISSING_DATA = "MISSING_DATA"
    MISSING_FIELD = "MISSING_FIELD"
    MIXED_DELIMITERS = "MIXED_DELIMITERS"
    REPEATED_FIELD = "REPEATED_FIELD"
    BLOCK_NOT_ENDED = "BLOCK_NOT_ENDED"
    BLOCK_INCOMPLETE = "BLOCK_INCOMPLETE"
    NOT_ALONE = "NOT_ALONE"
    FOREIGN_LIST = "FOREIGN_LIST"
    NO_SUCH_TEMPLATE = "NO_SUCH_TEMPLATE"
    NO_SUCH_SEGMENT = "NO_SUCH_SEGMENT"
    LIST_WITHOUT_TEMPLATE = "LIST_WITHOUT_TEMPLATE"
    WRONG_CHANNEL = "WRONG_CHANNEL"
    FOREIGN_REALM = "FOREIGN_REALM"
    SEVERAL_LISTS = "SEVERAL_LISTS"
    FIELD_EXISTS = "FIELD_EXISTS"
    NO_SUCH_FIELD = "NO_SUCH_FIELD"
    TOO_MANY_FIELDS = "TOO_MANY_FIELDS"
    BAD_FIELD_TYPE = "BAD_FIELD_TYPE"
    NOT_RELATIONAL = "NOT_RELATIONAL"
    NO_SUCH_TABLE = "NO_SUCH_TABLE"
    TABLE_NOT_ACTIVE = "TABLE_NOT_ACTIVE"
    # A record is refused.
    VALUE_COUNT = "VALUE_COUNT"
    MISSING_EMAIL = "MISSING_EMAIL"
    INVALID_EMAIL = "INVALID_EMAIL"
    VALUE_TOO_LONG = "VALUE_TOO_LONG"
    MISSING_CUSTOMER_KEY = "MISSING_CUSTOMER_KEY"
    MISSING_FIRST = "MISSING_FIRST"
    OPTED_OUT = "OPTED_OUT"
    UNIVERSALLY_OPTED_OUT = "UNIVERSALLY_OPTED_OUT"
    NO_SUCH_CONTACT = "NO_SUCH_CONTACT"
    SEVERAL_CONTACTS = "SEVERAL_CONTACTS"
    ADDRESS_TAKEN = "ADDRESS_TAKEN"
    MISSING_UNIQUE = "MISSING_UNIQUE"
    FOREIGN_ROW = "FOREIGN_ROW"
    NO_SUCH_ROW = "NO_SUCH_ROW"
    # A value is left out, or something is not done; the rest is.
    BAD_DATE = "BAD_DATE"
    BAD_VALUE = "BAD_VALUE"
    INVALID_PHONE = "INVALID_PHONE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_ARGUMENT = "UNKNOWN_ARGUMENT"
    CLEARING_FORBIDDEN = "CLEARING_FORBIDDEN"


_TEXTS: dict[Verdict, tuple[str, str]] = {
    Verdict.NOT_A_BATCH: (
        "ce fichier n'est pas un lot de commandes : {value}",
        "this file is not a command batch: {value}",
    ),
    Verdict.NOT_WELL_FORMED: ("XML mal formé : {value}", "the XML is not well-formed: {value}"),
    Verdict.DOCTYPE_REFUSED: (
        "DOCTYPE et entités ne sont pas acceptés",
        "DOCTYPE and entities are not accepted",
    ),
    Verdict.UNKNOWN_ENCODING: ("encodage inconnu : {value}", "unknown encoding: {value}"),
    Verdict.REALM_NOT_FIRST: (
        "realm doit être la première ligne de l'en-tête",
        "realm must be the first line of the header",
    ),
    Verdict.PASSWORD_NOT_SECOND: (
        "password doit suivre realm",
        "password must follow realm",
    ),
    Verdict.CLIENT_INCOMPLETE: (
        "api_client et client_auth vont ensemble, après password",
        "api_client and client_auth go together, after password",
    ),
    Verdict.BAD_FLAG: (
        "valeur attendue 0, 1, false ou true : {value}",
        "expected 0, 1, false or true: {value}",
    ),
    Verdict.BAD_NUMBER: ("nombre entier attendu : {value}", "expected a whole number: {value}"),
    Verdict.BAD_HEADER_FIELDS: (
        "noms de champs illisibles dans header : {value}",
        "unreadable field names in header: {value}",
    ),
    Verdict.MISPLACED_FLAG: (
        "ce type de fichier n'accepte pas {value}",
        "a file of this kind does not take {value}",
    ),
    Verdict.LOGIN_FAILED: ("realm ou mot de passe refusé", "realm or password refused"),
    Verdict.TOO_BIG: ("trop volumineux : {value}", "too big: {value}"),
    Verdict.TOO_COMPLEX: (
        "la lecture de ce fichier a pris trop de temps ou de mémoire",
        "reading this file took too much time or memory",
    ),
    Verdict.UNREADABLE: (
        "ce fichier est endommagé : sa lecture s'est interrompue",
        "this file is damaged: reading it broke off",
    ),
    Verdict.UNKNOWN_KEY: (
        "clé d'en-tête inconnue, ignorée : {value}",
        "unknown header key, ignored: {value}",
    ),
    Verdict.REPEATED_KEY: (
        "clé d'en-tête répétée, la dernière compte : {value}",
        "a header key twice, the last counts: {value}",
    ),
    Verdict.BAD_CONFIRMATION: (
        "confirmation_email ignoré : {value}",
        "confirmation_email ignored: {value}",
    ),
    Verdict.UNIVERSAL_OFF: (
        "universal n'est pas activé sur ce système, ou demande list_id=0 : ignoré",
        "universal is not switched on in this system, or needs list_id=0: ignored",
    ),
    Verdict.NAME_TO_AVOID: (
        "caractères à éviter dans le nom du fichier : {value}",
        "characters to avoid in the name of a file: {value}",
    ),
    Verdict.HEADER_AFTER_BODY: (
        "ligne d'en-tête après la première commande, ignorée : {value}",
        "a header line after the first command, ignored: {value}",
    ),
    Verdict.NOT_A_COMMAND: ("ce n'est pas une commande : {value}", "this is no command: {value}"),
    Verdict.UNKNOWN_COMMAND: ("commande inconnue : {value}", "unknown command: {value}"),
    Verdict.LINE_TOO_LONG: ("ligne trop longue : {value}", "the line is too long: {value}"),
    Verdict.MISSING_ARGUMENT: ("argument manquant : {value}", "a missing argument: {value}"),
    Verdict.BAD_ARGUMENT: ("argument invalide : {value}", "an invalid argument: {value}"),
    Verdict.MISSING_DATA: ("la commande n'a pas de données", "the command has no data"),
    Verdict.MISSING_FIELD: ("champ manquant : {value}", "a missing field: {value}"),
    Verdict.MIXED_DELIMITERS: (
        "séparateurs différents dans les noms de champs : {value}",
        "different delimiters between field names: {value}",
    ),
    Verdict.REPEATED_FIELD: ("champ répété : {value}", "the same field twice: {value}"),
    Verdict.BLOCK_NOT_ENDED: ("bloc sans fin : {value} attendu", "a block without its end: {value} expected"),
    Verdict.BLOCK_INCOMPLETE: (
        "bloc non exécuté, ligne incomplète : {value}",
        "the block was not run, an incomplete line: {value}",
    ),
    Verdict.NOT_ALONE: (
        "{value} doit être la seule commande du fichier",
        "{value} must be the only command of the file",
    ),
    Verdict.FOREIGN_LIST: (
        "liste inconnue dans ce realm : {value}",
        "no such list in this realm: {value}",
    ),
    Verdict.NO_SUCH_TEMPLATE: (
        "modèle inconnu dans ce realm : {value}",
        "no such template in this realm: {value}",
    ),
    Verdict.NO_SUCH_SEGMENT: (
        "segment inconnu dans ce realm : {value}",
        "no such segment in this realm: {value}",
    ),
    Verdict.LIST_WITHOUT_TEMPLATE: (
        "template_id manque et la liste n'a pas de modèle : {value}",
        "no template_id, and the list has no template: {value}",
    ),
    Verdict.WRONG_CHANNEL: (
        "ce modèle n'est pas celui d'un message : {value}",
        "this template is none of a message: {value}",
    ),
    Verdict.FOREIGN_REALM: ("realm inconnu de celui-ci : {value}", "no child of this realm: {value}"),
    Verdict.SEVERAL_LISTS: ("une seule liste attendue : {value}", "one list expected: {value}"),
    Verdict.FIELD_EXISTS: ("ce champ existe déjà : {value}", "this field exists already: {value}"),
    Verdict.NO_SUCH_FIELD: ("ce champ n'existe pas : {value}", "there is no such field: {value}"),
    Verdict.TOO_MANY_FIELDS: (
        "tous les champs personnalisés sont pris ({value})",
        "all custom fields are taken ({value})",
    ),
    Verdict.BAD_FIELD_TYPE: ("type de champ inconnu : {value}", "unknown type of field: {value}"),
    Verdict.NOT_RELATIONAL: (
        "demande relational=1 et allow_duplicates=0, sans autre commande",
        "needs relational=1 and allow_duplicates=0, and no other command beside it",
    ),
    Verdict.NO_SUCH_TABLE: ("table inconnue : {value}", "no such table: {value}"),
    Verdict.TABLE_NOT_ACTIVE: ("table non active : {value}", "the table is not active: {value}"),
    Verdict.VALUE_COUNT: (
        "nombre de valeurs différent du nombre de champs : {value}",
        "as many values as fields expected: {value}",
    ),
    Verdict.MISSING_EMAIL: ("e-mail absent", "no e-mail"),
    Verdict.INVALID_EMAIL: ("e-mail invalide : {value}", "invalid e-mail: {value}"),
    Verdict.VALUE_TOO_LONG: ("valeur trop longue : {value}", "the value is too long: {value}"),
    Verdict.MISSING_CUSTOMER_KEY: ("customer_key absent", "no customer_key"),
    Verdict.MISSING_FIRST: (
        "un doublon demande un prénom (first)",
        "a duplicate needs a first name (first)",
    ),
    Verdict.OPTED_OUT: ("adresse désabonnée : {value}", "the address is opted out: {value}"),
    Verdict.UNIVERSALLY_OPTED_OUT: (
        "adresse désabonnée de tout le système : {value}",
        "the address is opted out of the whole system: {value}",
    ),
    Verdict.NO_SUCH_CONTACT: ("contact inconnu : {value}", "no such contact: {value}"),
    Verdict.SEVERAL_CONTACTS: (
        "plusieurs contacts à cette adresse : {value}",
        "several contacts at this address: {value}",
    ),
    Verdict.ADDRESS_TAKEN: ("adresse déjà prise : {value}", "the address is taken: {value}"),
    Verdict.MISSING_UNIQUE: ("clé unique absente : {value}", "no value for the unique key: {value}"),
    Verdict.FOREIGN_ROW: (
        "la ligne appartient à un autre contact : {value}",
        "the row belongs to another contact: {value}",
    ),
    Verdict.NO_SUCH_ROW: ("ligne inconnue : {value}", "no such row: {value}"),
    Verdict.BAD_DATE: ("date illisible, laissée de côté : {value}", "unreadable date, left out: {value}"),
    Verdict.BAD_VALUE: ("valeur laissée de côté : {value}", "value left out: {value}"),
    Verdict.INVALID_PHONE: (
        "téléphone invalide, laissé de côté : {value}",
        "invalid phone number, left out: {value}",
    ),
    Verdict.UNKNOWN_FIELD: ("champ inconnu, ignoré : {value}", "unknown field, ignored: {value}"),
    Verdict.UNKNOWN_ARGUMENT: ("argument inconnu, ignoré : {value}", "unknown argument, ignored: {value}"),
    Verdict.CLEARING_FORBIDDEN: (
        "cette table ne peut pas être vidée : {value}",
        "this table may not be cleared: {value}",
    ),
}


def verdict_text(verdict: Verdict, language: Language, value: str = "") -> str:
    """Say `verdict` in the sender's language; `value` is what was found, cut to 80 characters."""
    return worded(_TEXTS[verdict], language, value)
