"""What comes back: bounces and complaints, and how long whose address is left alone for them."""

from postroom.contacts.bounces import Bounce, Complaint
from postroom.sending.returns.bouncing import bounced
from postroom.sending.returns.classifying import classify
from postroom.sending.returns.complaining import complained

__all__ = ["Bounce", "Complaint", "bounced", "classify", "complained"]
