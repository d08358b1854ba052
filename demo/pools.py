"""What made-up people are put together from: French names, streets, towns and firms."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words(
    """
    Marie Camille Léa Manon Chloé Inès Zoé Agnès Hélène Françoise Thérèse Solène Maëlle Élodie Gaëlle Anaïs
    Céline Sylvie Nathalie Isabelle Valérie Sandrine Stéphanie Véronique Sophie Aurélie Julie Émilie
    Laëtitia Noémie Marie-Claire Anne-Sophie
    """
)
MEN = _words(
    """
    Jean Pierre Michel Philippe Alain Nicolas Jérôme Frédéric Stéphane Sébastien Rémi Raphaël Loïc Gaël Joël
    Mickaël Théo Léo Noé Cédric Grégory Benoît François Hervé Thierry Olivier Guillaume Mathieu Aurélien
    Jean-Baptiste Jean-François Clément
    """
)
SURNAMES = _words(
    """
    Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefèvre Leroy Roux
    David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefebvre
    Faure André Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin
    Clément Morin Nicolas Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire
    Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud
    Martínez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine
    Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq
    Guillaume Lecomte López Jean Dupuy Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin Louis
    Deschamps Huet Vasseur Pérez Boucher Fleury Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot
    Carré Charles Renault Charpentier Ménard Maillard Baron Bertin Bailly Hervé Schneider Fernández Collet
    Léger Bouvier Julien Prévost Millet Perrot
    """
)
STREETS = (
    "rue de la République",
    "avenue du Général de Gaulle",
    "rue Victor Hugo",
    "boulevard Gambetta",
    "place de l'Église",
    "impasse des Lilas",
    "chemin des Vignes",
    "rue du Maréchal Foch",
    "allée des Chênes",
    "quai de la Fosse",
    "route de Saint-Étienne",
    "rue Pasteur",
    "avenue Jean Jaurès",
    "rue des Écoles",
    "cours de la Libération",
    "square des Acacias",
    "rue du Château d'Eau",
)
TOWNS = (
    "75011;Paris",
    "69003;Lyon",
    "13006;Marseille",
    "31000;Toulouse",
    "06000;Nice",
    "44000;Nantes",
    "67000;Strasbourg",
    "34000;Montpellier",
    "33000;Bordeaux",
    "59000;Lille",
    "35000;Rennes",
    "51100;Reims",
    "42000;Saint-Étienne",
    "83000;Toulon",
    "38000;Grenoble",
    "21000;Dijon",
    "49000;Angers",
    "30900;Nîmes",
    "63000;Clermont-Ferrand",
    "25000;Besançon",
    "45000;Orléans",
    "29200;Brest",
    "76600;Le Havre",
    "57000;Metz",
    "66000;Perpignan",
    "01000;Bourg-en-Bresse",
    "95880;Enghien-les-Bains",
    "53000;Laval",
    "97400;Saint-Denis",
)
MOVED_TO = "29900;Concarneau"
"""No town above: who has moved has changed."""
FIRMS = (
    "Société Générale de Maçonnerie",
    "Boulangerie Pâtisserie Lefèvre",
    "Établissements Girard et Fils",
    "Mairie",
    "SARL Bâti-Rénov",
    "Pharmacie de la Gare",
    "Crédit Coopératif",
    "Garage du Théâtre",
)
MAIL_DOMAINS = (
    "orange.example",
    "courriel-libre.example",
    "poste.example",
    "wanadou.example",
    "mail.entreprise-martin.example",
    "exemple.test",
)
"""Names that nobody can own (RFC 2606): a mail that goes out by mistake reaches nobody."""
