"""What our pages say to recipients, in French and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from postroom.contacts.media import Medium
from postroom.contacts.reasons import Language


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language; `media` says of each medium what comes by it, as in "no more e-mails"."""

    media: Mapping[Medium, str]
    sender: str
    stop: str
    about: str
    whole_medium: str
    one_list: str
    which: str
    why: str
    confirm: str
    unsaid: str
    one_click: str
    already: str
    barred: str
    choose: str
    done: str
    stopped: str
    stopped_list: str
    later: str
    test: str
    preferences: str
    means: str
    lists: str
    keep: str
    saved: str
    unknown: str
    unknown_more: str
    busy: str
    busy_more: str
    often: str
    often_more: str


FRENCH: Final = Words(
    media={
        Medium.EMAIL: "e-mails",
        Medium.SMS: "SMS",
        Medium.VOICE: "appels vocaux",
        Medium.VOICEMAIL: "messages sur répondeur",
    },
    sender="Expéditeur : {sender}",
    stop="Ne plus recevoir nos {medium}",
    about="Cette page concerne {address}. Rien ne change tant que vous n'avez pas confirmé.",
    whole_medium="Tous nos {medium}",
    one_list="Seulement ceux de la liste « {list} »",
    which="Que ne souhaitez-vous plus recevoir ?",
    why="Pour quelle raison ? (facultatif)",
    confirm="Me désabonner",
    unsaid="Rien n'a été modifié : ce qui a été envoyé ne dit pas ce qu'il faut arrêter.",
    one_click="Un logiciel de messagerie envoie ici List-Unsubscribe=One-Click (RFC 8058).",
    already="Vous êtes déjà désabonné de nos {medium}.",
    barred="arrêtés, sans pouvoir être réactivés ici",
    choose="Choisir ce que je reçois",
    done="C'est fait",
    stopped="{address} ne recevra plus nos {medium}.",
    stopped_list="{address} ne recevra plus ce que nous envoyons à la liste « {list} ».",
    later="Votre choix est enregistré ; il prendra effet dans quelques minutes.",
    test="Ceci est un message d'essai : rien n'a été modifié.",
    preferences="Ce que vous recevez",
    means="Par quels moyens ?",
    lists="De quelles listes ?",
    keep="Enregistrer mes choix",
    saved="Vos choix sont enregistrés.",
    unknown="Ce lien ne fonctionne pas",
    unknown_more=(
        "Il est incomplet, ou le message dont il provient n'est plus conservé. Rien n'a été modifié."
        " Ouvrez le lien depuis le message le plus récent, ou répondez à son expéditeur."
    ),
    busy="Un instant…",
    busy_more="Votre demande ne peut pas être traitée tout de suite. Réessayez dans une minute.",
    often="Trop de demandes",
    often_more="Ce lien a été ouvert très souvent. Réessayez dans une minute.",
)

ENGLISH: Final = Words(
    media={
        Medium.EMAIL: "e-mails",
        Medium.SMS: "text messages",
        Medium.VOICE: "voice calls",
        Medium.VOICEMAIL: "voicemails",
    },
    sender="Sender: {sender}",
    stop="Stop our {medium}",
    about="This page is about {address}. Nothing changes until you confirm.",
    whole_medium="All our {medium}",
    one_list="Only those of the list “{list}”",
    which="What would you rather not get any more?",
    why="Why? (optional)",
    confirm="Unsubscribe",
    unsaid="Nothing was changed: what was sent does not say what to stop.",
    one_click="A mail program sends List-Unsubscribe=One-Click here (RFC 8058).",
    already="You are already unsubscribed from our {medium}.",
    barred="stopped, and cannot be started again here",
    choose="Choose what I get",
    done="Done",
    stopped="{address} will get no more {medium} from us.",
    stopped_list="{address} will get nothing any more that we send to the list “{list}”.",
    later="Your choice is kept; it takes effect within a few minutes.",
    test="This is a test message: nothing was changed.",
    preferences="What you get",
    means="By which means?",
    lists="Of which lists?",
    keep="Save my choices",
    saved="Your choices are saved.",
    unknown="This link does not work",
    unknown_more=(
        "It is incomplete, or the message that it comes from is not kept any more. Nothing was changed."
        " Open the link from the newest message, or answer its sender."
    ),
    busy="One moment…",
    busy_more="This cannot be done right now. Try again in a minute.",
    often="Too many requests",
    often_more="This link was opened very often. Try again in a minute.",
)

WORDS: Final[Mapping[Language, Words]] = {"fr": FRENCH, "en": ENGLISH}


def language_asked(accepted: str) -> Language:
    """Return the language that a header Accept-Language asks for, the first of ours; French if none is."""
    for each in accepted[:200].split(","):
        code = each.partition(";")[0].strip().lower()[:2]
        if code == "en":
            return "en"
        if code == "fr":
            return "fr"
    return "fr"
