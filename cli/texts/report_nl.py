"""Words of the report in Dutch; the same keys as in English."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # Head
    "skip": "Naar de inhoud",
    "kicker": "Vergelijking van afspraken over jeugdhulpkosten · {region}",
    "facts": "{members} · {youths} jeugdigen · {budget} begroot · {sims} gesimuleerde jaren",
    "members": "{count} gemeenten",
    "member_one": "1 gemeente",
    "overrides": "Anders ingesteld dan in de bestanden staat:",
    "contents": "Inhoud",
    "and": "en",
    "same_as": "{name} (hier hetzelfde als {others})",
    # The answer
    "answer_best": "Met {best} worden de begrotingen het rustigst: wat een gemeente betaalt, schommelt door toeval "
    "{gain} minder dan bij eigen gebruik.",
    "answer_tied": "{rivals} maken de begrotingen ongeveer even rustig; het verschil is te klein om er zeker van te "
    "zijn. Met {best} schommelt wat een gemeente betaalt door toeval {gain} minder dan bij eigen gebruik.",
    "answer_moved": "Daarvoor gaat elk jaar gemiddeld {moved} ({share} van de begrotingen) van de ene gemeente naar de "
    "andere. Verschil in behoefte alleen zou {need} verschuiven, geluk en pech alleen {luck}.{assumed}",
    "answer_assumed": " Hoe groot het verschil in behoefte is, heeft niemand gemeten: het is een aanname.",
    "answer_thrifty": "Per verschoven euro dempt {name} het meest: {gain} minder schommeling, met {moved} per jaar.",
    "answer_range": "Met {name} wint {least} het minst ({low}) en {most} het meest ({high}).",
    "answer_none": "Deze studie bekijkt alleen {name}: niets wordt gedeeld, dus er verschuift geen geld. Door toeval "
    "wijkt een jaar gewoonlijk {low} tot {high} af van wat een gemeente mocht verwachten.",
    "answer_nothing": "Geen van de overeenkomsten maakt de begrotingen aantoonbaar rustiger dan eigen gebruik.",
    "answer_note": "Achter ± staat de standaardfout van de simulatie.",
    "answer_weighted": "Percentages voor de hele regio zijn gewogen naar aantal jeugdigen.",
    # In one minute
    "minute": "In één minuut",
    "minute_text": "Hoeveel minder schommelt door toeval wat een gemeente betaalt, dan wanneer zij alles zelf betaalt? "
    "Hoe donkerder, hoe rustiger.",
    "minute_caption": "Minder schommeling door toeval dan bij eigen gebruik, en het geld dat daarvoor verschuift",
    "agreement": "Overeenkomst",
    "member": "Gemeente",
    "whole_region": "Hele regio",
    "each_member": "Elke gemeente: minder schommeling door toeval",
    "row_gain": "Minder schommeling, gewogen gemiddelde",
    "row_moved": "Geld dat per jaar verschuift",
    "row_need": "door verschil in behoefte alleen",
    "row_chance": "door geluk en pech alleen",
    "row_chance_note": "samen meer dan het geheel: zij heffen elkaar deels op",
    "row_gini": "Ongelijkheid van de lasten per jeugdige",
    "row_gini_note": "0 is gelijk; bij eigen gebruik {own}",
    "identical": "Deze overeenkomsten komen hier op hetzelfde neer: {names}. Elke gemeente betaalt in elk jaar "
    "evenveel.",
    "derived_budget": "Van {count} van de {members} gemeenten staat geen begroting in het regiobestand. Die is geschat "
    "uit het aantal jeugdigen.",
    "derived_budget_all": "In het regiobestand staan geen begrotingen. Zij zijn geschat uit het aantal jeugdigen; een "
    "sleutel naar begroting werkt daardoor als een sleutel naar jeugdigen.",
    "luck_title": "Pech of behoefte?",
    "luck": "Schommeling door toeval is geluk en pech: de ene keer heeft een gemeente meer kinderen met dure zorg dan "
    "de andere keer, terwijl de behoefte dezelfde is.",
    "luck_unknown": "Daarnaast heeft niemand gemeten hoeveel jeugdhulp elke gemeente nodig heeft. De simulatie loot "
    "die behoefte daarom in elk gesimuleerd jaar opnieuw: dat is geen pech, maar onwetendheid, en delen verandert dan "
    "wie er structureel betaalt.",
    "luck_partly": "Van {count} gemeenten is niet gemeten hoeveel jeugdhulp zij nodig hebben. De simulatie loot die "
    "behoefte in elk gesimuleerd jaar opnieuw: dat is geen pech, maar onwetendheid. Van de andere is de behoefte "
    "bekend.",
    "luck_known": "De behoefte van elke gemeente staat in het regiobestand. Verschil in behoefte is dus bekend en geen "
    "kwestie van geluk of pech; wat daardoor verschuift, keert elk jaar terug.",
    "choose": "Laat zien voor",
    "choose_all": "alle gemeenten",
    "none_caption": "Eigen gebruik: wat elke gemeente per jaar betaalt en hoeveel dat schommelt",
    "none_text": "Er is geen overeenkomst om mee te vergelijken. Dit is de uitgangspositie.",
    # Figures
    "figures": "In beeld",
    "fig_spread": "Wat betaalt een gemeente in een goed en in een slecht jaar?",
    "fig_spread_text": "De stippellijn is de begroting (100%). Het dikke deel is de middelste helft van de jaren; de "
    "dunne lijn bevat negen van de tien jaren; het streepje is het midden. Rechts: de kans op een tekort van meer dan "
    "10% van de begroting. Grijs is eigen gebruik. {finding}",
    "fig_spread_find": "Bij eigen gebruik beslaan negen van de tien jaren zo’n {own} procentpunt (mediaan van de "
    "gemeenten); met {best} nog {shared}.",
    "fig_spread_find_none": "Negen van de tien jaren beslaan zo’n {own} procentpunt (mediaan van de gemeenten).",
    "fig_need_most": "Let op: dat dit zo ver uiteenloopt, komt vooral doordat de behoefte van gemeenten niet is "
    "gemeten, niet door pech.",
    "fig_need_also": "Hierin telt ook mee dat de behoefte van gemeenten niet is gemeten.",
    "alt_spread": "{agreement}: in negen van de tien jaren tussen {low} en {high} van de begroting, midden {middle}, "
    "kans op meer dan 10% tekort {chance}.",
    "fig_transfer": "Wie ontvangt en wie betaalt?",
    "fig_transfer_text": "Per overeenkomst, in € per jeugdige per jaar. Rechts van de stippellijn ontvangt een "
    "gemeente van de andere, links betaalt zij. De stip is het gemiddelde (rechts in cijfers, ± standaardfout). De "
    "smalle donkere balk is wat er gewoonlijk door toeval bij of af gaat. {need} {finding}",
    "fig_transfer_need": "De brede lichte balk is wat er gewoonlijk bij of af gaat doordat de behoefte van een "
    "gemeente anders is dan gedacht.",
    "fig_transfer_find": "Voor {clear} van de {all} combinaties van gemeente en overeenkomst wijkt het gemiddelde "
    "meer dan twee standaardfouten van nul af; door toeval alleen zijn dat er ongeveer {luck}.",
    "alt_transfer": "{member}: gemiddeld {mean} euro per jeugdige, door toeval gewoonlijk {chance} meer of minder, "
    "door onbekende behoefte {need}.",
    "fig_scatter": "Hoeveel rust voor hoeveel geld?",
    "fig_scatter_text": "Elke stip is een overeenkomst. Hoger is rustiger, verder naar rechts verschuift er meer geld. "
    "Linksboven is dus gunstig. {finding}",
    "fig_scatter_find": "De meeste rust per euro geeft {name}.",
    "fig_scatter_x": "Geld dat per jaar verschuift (€ mln)",
    "fig_scatter_y": "Minder schommeling door toeval",
    "alt_scatter": "{agreement}: {gain} minder schommeling, {moved} per jaar verschoven.",
    "fig_reserve": "Hoeveel reserve is er nodig?",
    "fig_reserve_text": "De reserve waarmee een gemeente een tekort in een jaar zelf kan opvangen, als percentage van "
    "haar begroting: ● met 80%, ■ met 90% en ▲ met 95% zekerheid. Rechts het bedrag bij 90%. {finding}",
    "fig_reserve_find": "Bij 90% zekerheid tellen hun reserves op tot {own} bij eigen gebruik en {shared} met {best}.",
    "fig_reserve_find_none": "Bij 90% zekerheid tellen hun reserves op tot {own}.",
    "alt_reserve": "{agreement}: nodig is {a} van de begroting voor 80% zekerheid, {b} voor 90% en {c} voor 95%.",
    # Agreements
    "agreements": "De spelregels",
    "agreements_text": "Wat elke overeenkomst regelt, in gewone woorden. Het voorbeeld is steeds hetzelfde: één kind "
    "in de kleinste gemeente dat in een jaar veel zorg nodig heeft. De bedragen per artikel zijn gemiddelden over alle "
    "gesimuleerde jaren.",
    "article": "Artikel {number}. {title}",
    "example": "Voorbeeld. Eén kind in {member} kost in een jaar {cost} ({care}). {member} betaalt daarvan {own}"
    "{others}.",
    "example_others": "; de andere gemeenten betalen samen {rest}",
    "agreement_source": "Bron: {source}",
    "clause_caption": "{title}: wat elk artikel in een gemiddeld jaar verschuift",
    "clause_in": "brengt in",
    "clause_out": "betaalt mee",
    "clause_example": "Voorbeeld: betaalt",
    "clause_number": "Artikel {number}",
    "total": "Samen",
    # Members
    "details": "Alle cijfers per gemeente",
    "details_text": "Achter ± staat de standaardfout. De tweede regel van een cel is het verschil met eigen gebruik in "
    "dezelfde gesimuleerde jaren. Is dat groter dan twee keer zijn fout, dan staat er {good} bij als het gunstig is en "
    "{bad} als het ongunstig is; een kleiner verschil kan toeval zijn.",
    "good": "▲",
    "bad": "▼",
    "good_word": "gunstiger dan eigen gebruik",
    "bad_word": "ongunstiger dan eigen gebruik",
    "details_caption": "{member}: begroting, schommeling en verrekening per overeenkomst",
    "details_member": "{youths} jeugdigen · begroting {budget}{derived} · verwachte kosten {cost}",
    "details_derived": " (geschat)",
    "meanings": "Wat elke maat betekent",
    "measure": "Maat",
    "group_stability": "Hoe rustig is de begroting?",
    "group_transfers": "Wie betaalt aan wie?",
    "unit_share": "%",
    "unit_youth": "€ per jeugdige",
    "unit_ratio": "verhouding",
    # How sure
    "sure": "Hoe zeker is dit?",
    "sure_error": "Toeval van de simulatie",
    "sure_error_text": "Elk cijfer komt uit {sims} gesimuleerde jaren. Met een ander toevalsgetal komt er iets anders "
    "uit. De standaardfout achter ± zegt hoeveel: in twee van de drie gevallen ligt het ware cijfer binnen één "
    "standaardfout, in negentien van de twintig binnen twee. Alle overeenkomsten krijgen dezelfde gesimuleerde jaren, "
    "dus verschillen zijn preciezer dan de cijfers zelf. De fout gaat alleen over de simulatie, niet over de aannamen.",
    "sure_exact": "Gesimuleerd naast exact berekend",
    "sure_exact_pass": "In orde. {figures} gesimuleerde gemiddelden en spreidingen zijn naast hun exacte waarde "
    "gelegd; de grootste afwijking is {largest} standaardfouten. Tot {limit} is dat toeval.",
    "sure_exact_fail": "Niet in orde. Van {figures} gesimuleerde gemiddelden en spreidingen wijkt er minstens één "
    "{largest} standaardfouten af van zijn exacte waarde. Meer dan {limit} is geen toeval. Gebruik dit rapport niet "
    "voordat de oorzaak is gevonden.",
    "sure_exact_rare": "Nog {rare} cijfers gaan over zulke zeldzame zorg dat zij zo niet te beoordelen zijn.",
    "sure_exact_none": "Er was geen cijfer dat zo te beoordelen is: simuleer meer jaren.",
    "sure_anchors": "Het kostenmodel naast gepubliceerde cijfers",
    "anchors_text": "{within} van de {all} cijfers van het model liggen binnen de bandbreedte die bij de bron past.",
    "anchors_caption": "Het kostenmodel naast gepubliceerde cijfers",
    "anchor": "Cijfer",
    "unit": "Eenheid",
    "range": "Bandbreedte",
    "model": "Model",
    "within": "Klopt",
    "within_yes": "binnen",
    "within_no": "buiten",
    "source": "Bron",
    "sure_missing": "Wat er niet in zit",
    "missing_year": "Het rapport gaat over één jaar. Reserves die groeien en slinken en kinderen die jaren in zorg "
    "blijven, zitten er nog niet in.",
    "missing_behaviour": "Iedereen doet onder elke overeenkomst hetzelfde. In werkelijkheid kan delen gedrag "
    "veranderen: wie een rekening deelt, let misschien minder op, of durft juist op tijd zware zorg in te zetten.",
    "missing_need": "De behoefte van {count} gemeenten is niet gemeten. Wat door behoefte verschuift, is daarom een "
    "mogelijkheid en geen voorspelling voor deze gemeenten.",
    "missing_budget": "De begroting van {count} gemeenten is geschat. De kans op een tekort hangt daar direct van af: "
    "vul uw eigen begroting in.",
    "missing_identical": "Overeenkomsten kunnen hier samenvallen terwijl zij op papier verschillen ({names}). Met uw "
    "eigen cijfers kunnen zij uiteenlopen.",
    "missing_variance": "De kosten van {names} hebben geen eindige spreiding: de foutmarges in dit rapport gelden dan "
    "niet. Geef die kosten een plafond.",
    "missing_child": "Een kind met twee vormen van zorg telt als twee cliënten; hun kosten worden niet opgeteld. Een "
    "grens per kind werkt in de simulatie dus per zorgvorm. Zware zorg bepaalt bijna alles boven zo'n grens.",
    "missing_cost": "Uitvoeringskosten, btw, voorschotten en rente tellen niet mee.",
    # Assumptions
    "assumptions": "Waar komen de cijfers vandaan?",
    "none": "geen",
    "assumptions_count": "Van de {all} ingevoerde cijfers zijn er {sourced} rechtstreeks uit een openbare bron, "
    "{derived} daaruit afgeleid en {assumed} aangenomen.",
    "assumptions_tariffs": "Aangenomen tarieven houden de plaats vrij voor uw eigen tarieven: zij geven de orde van "
    "grootte, geen prijs. Vervang ze voordat u op het rapport een besluit neemt.",
    "assumptions_show": "Alle {all} cijfers, met eenheid en bron",
    "assumptions_caption": "Invoer van de simulatie, met eenheid, jaar, soort en bron",
    "input": "Cijfer",
    "value": "Waarde",
    "year": "Jaar",
    "grade": "Soort",
    "grade_sourced": "bron",
    "grade_derived": "afgeleid",
    "grade_assumed": "aanname",
    "region_notes": "De regio",
    "region_source": "Bron van de regio: {source}{year}.",
    "region_unsourced": "Het regiobestand noemt geen bron.",
    "region_note_language": "",
    # End
    "glossary": "Woordenlijst",
    "colophon": "Colofon",
    "colophon_repeat": "Zo krijgt u precies dit rapport opnieuw:",
    "colophon_study": "Studie",
    "colophon_sims": "Gesimuleerde jaren",
    "colophon_seed": "Toevalsgetal",
    "colophon_versions": "Versies",
    "colophon_inputs": "Bestanden (begin van SHA-256)",
    "colophon_license": "Licentie",
    "colophon_license_text": "solidair is vrije software onder de Apache-licentie 2.0. Het rapport bevat geen gegevens "
    "over echte kinderen: elk kind hierin is gesimuleerd.",
}

UNITS: dict[str, str] = {
    "EUR": "€",
    "inhabitants": "inwoners",
    "EUR a year": "€ per jaar",
    "EUR per youth": "€ per jeugdige",
    "EUR per youth a year": "€ per jeugdige per jaar",
    "EUR per child": "€ per kind",
    "EUR per day": "€ per etmaal",
    "EUR per client a year": "€ per cliënt per jaar",
    "EUR per client a year, before the cap": "€ per cliënt per jaar, vóór het maximum",
    "youths aged 0-17": "jeugdigen van 0-17 jaar",
    "share of expected volume": "deel van het verwachte aantal",
    "share of the mean": "deel van het gemiddelde",
    "clients per child": "cliënten per kind",
    "groups per child": "groepen per kind",
    "clients per 1,000 youths aged 0-17 a year": "cliënten per 1.000 jeugdigen per jaar",
    "negative binomial size": "omvang negatief-binomiaal",
    "ratio": "verhouding",
    "year": "jaar",
    "children": "kinderen",
    "share": "deel",
    "SD of the logarithm": "standaardafwijking van de logaritme",
    "SD, share of cost": "standaardafwijking, deel van de kosten",
    "percentage points (SD)": "procentpunt (standaardafwijking)",
    "Pareto-equivalent index": "index als bij Pareto",
}

INPUTS: dict[str, str] = {
    "national_youth": "Jeugdigen in Nederland",
    "budget_per_youth": "Begroting per jeugdige",
    "need_spread.sd": "Verschil in behoefte tussen gemeenten",
    "volume.national.sd": "Schok op aantallen, landelijk",
    "volume.regional.sd": "Schok op aantallen, regionaal",
    "volume.local.sd": "Schok op aantallen, lokaal",
    "price.national.sd": "Schok op prijzen, landelijk",
    "price.regional.sd": "Schok op prijzen, regionaal",
    "price.local.sd": "Schok op prijzen, lokaal",
    "persons.per_person_without_stay": "Zorgvormen per kind zonder verblijf",
    "persons.per_person_with_stay": "Zorgvormen per kind met verblijf",
    "persons.per_person_overall": "Soorten zorg per kind",
    "clients_per_1000": "aantal cliënten",
    "overdispersion_size": "overspreiding van het aantal",
    "severity.mean": "gemiddelde kosten",
    "severity.cv": "spreiding van de kosten",
    "severity.cap": "hoogste kosten",
    "severity.mean_stay": "gemiddelde verblijfsduur",
    "severity.tariff.mean": "gemiddeld tarief",
    "severity.tariff.cv": "spreiding van het tarief",
    "severity.tariff.cap": "hoogste tarief",
    "youth_budget_eur": "begroting jeugdhulp",
    "inhabitants": "inwoners",
    "youth": "jeugdigen",
    "need_index": "behoefte-index",
    "region.inhabitants": "Inwoners, alle gemeenten samen",
    "region.youth": "Jeugdigen, alle gemeenten samen",
    "region.youth_budget_eur": "Begroting jeugdhulp volgens het regiobestand, samen",
    "region.youth_budget_eur.derived": "Begroting jeugdhulp geschat, samen",
    "region.need_index": "Behoefte-index, gemiddeld",
}

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Afrekening", "Na afloop van een jaar bepalen wie wat betaalt, op grond van de werkelijke kosten."),
    (
        "Bovengrens (plafond)",
        "Bedrag waarboven een gemeente niet meer zelf betaalt of een regeling niet meer vergoedt.",
    ),
    (
        "Drempel (eigen behoud)",
        "Deel van de kosten van één kind dat de gemeente zelf betaalt voordat er gedeeld wordt.",
    ),
    ("Eigen gebruik", "Zie profijtbeginsel."),
    ("Etmaal", "Dag en nacht. Verblijf wordt per etmaal betaald."),
    (
        "Gemeenschappelijke regeling (GR)",
        "Samenwerking van gemeenten in een vorm die de wet regelt, vaak met een eigen begroting.",
    ),
    ("Gesloten jeugdhulp (JeugdzorgPlus)", "Verblijf waar een jongere niet weg mag, na een besluit van de rechter."),
    ("Gezinshuis", "Gezin van beroepsopvoeders waar een kind woont dat niet thuis kan wonen."),
    (
        "Gini",
        "Maat voor ongelijkheid: 0 als alle gemeenten per jeugdige evenveel betalen, bijna 1 als één alles betaalt.",
    ),
    (
        "Herverdeling",
        "Geld dat door een overeenkomst van de ene naar de andere gemeente gaat: de helft van alle verschillen tussen "
        "wat gemeenten betalen en wat hun eigen kinderen kosten.",
    ),
    ("Jeugdigen", "Inwoners van 0 tot en met 17 jaar. Jeugdhulp kan tot 23 jaar doorlopen."),
    (
        "Landelijk transitiearrangement (LTA)",
        "Landelijke afspraken over zeldzame, zware zorg die gemeenten samen inkopen.",
    ),
    ("Open-einderegeling", "Wie er recht op heeft, krijgt hulp, ook als het geld op is."),
    ("Overschrijding (tekort)", "Wat een gemeente in een jaar meer betaalt dan zij had begroot."),
    ("Pleegzorg", "Een kind woont tijdelijk of blijvend in een ander gezin."),
    ("Profijtbeginsel", "Elke gemeente betaalt wat haar eigen kinderen kosten. Hiermee wordt alles vergeleken."),
    ("Reserve", "Geld dat een gemeente opzijzet om een tekort op te vangen."),
    (
        "Schommeling",
        "Hoe ver een jaar gewoonlijk van het gemiddelde ligt. In de statistiek: de standaardafwijking.",
    ),
    ("Solidariteitsbeginsel", "Gemeenten betalen samen, ook als de ene meer zorg nodig heeft dan de andere."),
    (
        "Standaardfout",
        "Hoe ver een gesimuleerd cijfer gewoonlijk van het ware cijfer ligt, doordat er niet eindeloos gesimuleerd is.",
    ),
    ("Taakveld (Iv3)", "Landelijke indeling van de gemeentebegroting, waarin jeugdhulp eigen nummers heeft."),
    (
        "Toevalsgetal (seed)",
        "Getal waarmee alle toeval begint. Hetzelfde getal geeft precies dezelfde gesimuleerde jaren.",
    ),
    ("Verdeelsleutel", "Afspraak over welk deel elke gemeente betaalt, bijvoorbeeld naar aantal jeugdigen."),
    ("Verevening", "Kosten delen zodat geen gemeente door pech alleen voor een hoge rekening staat."),
    (
        "Weerstandsvermogen",
        "Of een gemeente tegenvallers kan betalen: beschikbare middelen gedeeld door wat er nodig is.",
    ),
    ("Woonplaatsbeginsel", "Wettelijke regel die zegt welke gemeente voor een kind betaalt."),
    (
        "Zekerheidspercentage",
        "Kans waarmee de reserve genoeg moet zijn. Bij 90% is zij in één op de tien jaren te klein.",
    ),
)
