"""Words of the report in Dutch; the same keys as in English."""

from __future__ import annotations

from solidair.cli.texts.report_words_nl import GLOSSARY, INPUTS, UNITS

__all__ = ["GLOSSARY", "INPUTS", "TEXTS", "UNITS"]

TEXTS: dict[str, str] = {
    # Head
    "skip": "Naar de inhoud",
    "kicker": "Vergelijking van afspraken over jeugdhulpkosten · {region}",
    "facts": "{members} · {youths} jeugdigen · {budget} begroot · {worlds}",
    "worlds": "{sims} gesimuleerde paden van {years} jaar ({span})",
    "worlds_single": "{sims} gesimuleerde jaren ({span})",
    "members": "{count} gemeenten",
    "member_one": "1 gemeente",
    "overrides": "Anders ingesteld dan in de bestanden staat:",
    "contents": "Inhoud",
    "and": "en",
    "same_as": "{name} (hier hetzelfde als {others})",
    # The answer
    "answer_best": "Met {best} worden de begrotingen het rustigst: wat een gemeente in {first} betaalt, schommelt door "
    "toeval {gain} minder dan bij eigen gebruik.",
    "answer_tied": "{rivals} maken de begrotingen ongeveer even rustig; het verschil is te klein om er zeker van te "
    "zijn. Met {best} schommelt wat een gemeente in {first} betaalt door toeval {gain} minder dan bij eigen gebruik.",
    "answer_moved": "Daarvoor gaat in {first} gemiddeld {moved} ({share} van de begrotingen) {between}. "
    "Verschil in behoefte alleen zou {need} verschuiven, geluk en pech alleen {luck}.{assumed}",
    "between": "van de ene gemeente naar de andere",
    "between_beyond": "van de ene gemeente naar de andere, van of naar buiten, of een fonds of reserve in of uit",
    "answer_assumed": " Hoe groot het verschil in behoefte is, heeft niemand gemeten: het is een aanname.",
    "answer_thrifty": "Per verschoven euro dempt {name} het meest: {gain} minder schommeling, met {moved} in {first}.",
    "answer_range": "Met {name} wint {least} het minst ({low}) en {most} het meest ({high}).",
    "answer_none": "Deze studie bekijkt alleen {name}: niets wordt gedeeld, dus er verschuift geen geld. Door toeval "
    "wijkt {first} gewoonlijk {low} tot {high} af van wat een gemeente mocht verwachten.",
    "answer_nothing": "Geen van de overeenkomsten maakt de begrotingen aantoonbaar rustiger dan eigen gebruik.",
    "answer_note": "Achter ± staat de standaardfout van de simulatie. Deze cijfers gaan over {first}, het eerste "
    "begrotingsjaar.",
    "answer_weighted": "Percentages voor de hele regio zijn gewogen naar aantal jeugdigen.",
    # In one minute
    "minute": "In één minuut",
    "minute_text": "Hoeveel minder schommelt door toeval wat een gemeente in {first} betaalt, dan wanneer zij alles "
    "zelf betaalt? Hoe donkerder, hoe rustiger.",
    "minute_caption": "Minder schommeling door toeval in {first} dan bij eigen gebruik, en het geld dat daarvoor "
    "verschuift",
    "agreement": "Overeenkomst",
    "member": "Gemeente",
    "whole_region": "Hele regio",
    "each_member": "Elke gemeente: minder schommeling door toeval",
    "row_gain": "Minder schommeling, gewogen gemiddelde",
    "row_moved": "Geld dat in {first} verschuift",
    "row_need": "door verschil in behoefte alleen",
    "row_chance": "door geluk en pech alleen",
    "row_chance_note": "samen meer dan het geheel: zij heffen elkaar deels op",
    "row_gini": "Ongelijkheid van de lasten per jeugdige",
    "row_gini_note": "0 is gelijk; bij eigen gebruik {own}",
    "identical": "Deze overeenkomsten komen hier op hetzelfde neer: {names}. Onder {both} betaalt elke gemeente "
    "in elk jaar hetzelfde.",
    "both": "beide",
    "all_of_these": "elk daarvan",
    "derived_budget": "Van {count} van de {members} gemeenten staat geen begroting in het regiobestand. Die is geschat "
    "uit het aantal jeugdigen.",
    "derived_budget_all": "In het regiobestand staan geen begrotingen. Zij zijn geschat uit het aantal jeugdigen; een "
    "sleutel naar begroting werkt daardoor als een sleutel naar jeugdigen.",
    "luck_title": "Pech of behoefte?",
    "luck": "Schommeling door toeval is geluk en pech: de ene keer heeft een gemeente meer kinderen met dure zorg dan "
    "de andere keer, terwijl de behoefte dezelfde is.",
    "luck_unknown": "Daarnaast heeft niemand gemeten hoeveel jeugdhulp elke gemeente nodig heeft. De simulatie loot "
    "die behoefte daarom, één keer voor elk gesimuleerd pad: dat is geen pech, maar onwetendheid, en delen verandert "
    "dan wie er structureel betaalt.",
    "luck_partly": "Van {count} gemeenten is niet gemeten hoeveel jeugdhulp zij nodig hebben. De simulatie loot die "
    "behoefte, één keer voor elk gesimuleerd pad: dat is geen pech, maar onwetendheid. Van de andere is de behoefte "
    "bekend.",
    "luck_known": "De behoefte van elke gemeente staat in het regiobestand. Verschil in behoefte is dus bekend en geen "
    "kwestie van geluk of pech; wat daardoor verschuift, keert elk jaar terug.",
    "choose": "Laat zien voor",
    "choose_all": "alle gemeenten",
    "none_caption": "Eigen gebruik: wat elke gemeente in {first} betaalt en hoeveel dat schommelt",
    "none_text": "Er is geen overeenkomst om mee te vergelijken. Dit is de uitgangspositie.",
    # Figures
    "figures": "In beeld",
    "fig_spread": "Wat betaalt een gemeente in een goed en in een slecht jaar?",
    "fig_spread_text": "De stippellijn is de begroting van {first} (100%). Het dikke deel is de middelste helft van de "
    "jaren; de dunne lijn bevat negen van de tien jaren; het streepje is het midden. Rechts: de kans op een tekort van "
    "meer dan 10% van de begroting. Grijs is eigen gebruik. {finding}",
    "fig_spread_find": "Bij eigen gebruik beslaan negen van de tien jaren zo’n {own} procentpunt (mediaan van de "
    "gemeenten); met {best} nog {shared}.",
    "fig_spread_find_none": "Negen van de tien jaren beslaan zo’n {own} procentpunt (mediaan van de gemeenten).",
    "fig_need_most": "Let op: dat dit zo ver uiteenloopt, komt vooral doordat de behoefte van gemeenten niet is "
    "gemeten, niet door pech.",
    "fig_need_also": "Hierin telt ook mee dat de behoefte van gemeenten niet is gemeten.",
    "alt_spread": "{agreement}: in negen van de tien jaren tussen {low} en {high} van de begroting, midden {middle}, "
    "kans op meer dan 10% tekort {chance}.",
    "fig_transfer": "Wie ontvangt en wie betaalt?",
    "fig_transfer_text": "Per overeenkomst, in € per jeugdige in {first}. Rechts van de stippellijn ontvangt een "
    "gemeente {others}, links betaalt zij. De witte stip is het gemiddelde (rechts in cijfers{error}). De smalle "
    "blauwe balk is wat er gewoonlijk door toeval bij of af gaat. {need} {finding}",
    "others": "van de andere",
    "others_beyond": "van de andere gemeenten of van buiten, of uit een fonds of reserve",
    "fig_transfer_error": ", ± standaardfout",
    "fig_transfer_need": "De brede oranje balk is wat er gewoonlijk bij of af gaat doordat de behoefte van een "
    "gemeente anders is dan gedacht.",
    "fig_transfer_find": "Voor {clear} van de {all} combinaties van gemeente en overeenkomst wijkt het gemiddelde "
    "meer dan twee standaardfouten van nul af; door toeval alleen zijn dat er ongeveer {luck}.",
    "fig_transfer_exact": "Deze gemiddelden zijn exact berekend.",
    "fig_transfer_zero": "Deze gemiddelden zijn exact nul: naar verwachting ontvangt of betaalt niemand per saldo. Er "
    "verschuift alleen geld door toeval en door onbekende behoefte.",
    "alt_transfer": "{member}: gemiddeld {mean} euro per jeugdige, door toeval gewoonlijk {chance} meer of minder, "
    "door onbekende behoefte {need}.",
    "fig_scatter": "Hoeveel rust voor hoeveel geld?",
    "fig_scatter_text": "Elke stip is een overeenkomst. Hoger is rustiger, verder naar rechts verschuift er meer geld. "
    "Linksboven is dus gunstig. {finding}",
    "fig_scatter_find": "De meeste rust per euro geeft {name}.",
    "fig_scatter_x": "Geld dat in {first} verschuift (€ mln)",
    "fig_scatter_y": "Minder schommeling door toeval",
    "alt_scatter": "{agreement}: {gain} minder schommeling, {moved} verschoven.",
    "fig_reserve": "Hoeveel reserve is er nodig?",
    "fig_reserve_text": "De reserve waarmee een gemeente een tekort in {first} zelf kan opvangen, als percentage van "
    "haar begroting: ● met 80%, ■ met 90% en ▲ met 95% zekerheid. Rechts het bedrag bij 90%. {finding}",
    "fig_reserve_find": "Bij 90% zekerheid tellen hun reserves op tot {own} bij eigen gebruik en {shared} met {best}.",
    "fig_reserve_find_none": "Bij 90% zekerheid tellen hun reserves op tot {own}.",
    "alt_reserve": "{agreement}: nodig is {a} van de begroting voor 80% zekerheid, {b} voor 90% en {c} voor 95%.",
    # Years
    "years": "{count} jaren",
    "years_text": "Elk gesimuleerd pad loopt van {first} tot en met {last}. Per jaar staat hier wat een gemeente in "
    "een goedkoop jaar (P10: 1 op de 10 paden is goedkoper), in een gewoon jaar (P50) en in een duur jaar (P90) "
    "betaalt, en daaronder de kans dat zij boven haar begroting komt. De laatste kolom telt alle jaren van een pad op.",
    "years_start_steady": "Op 1 januari {first} zijn er zoveel verblijven open als past bij een toestand die niet "
    "verandert: evenveel instroom als uitstroom.",
    "years_start_known": "De simulatie begint met de {count} verblijven die op {day} echt open waren.",
    "years_start_both": "Voor {listed} gemeenten begint de simulatie met de {count} verblijven die op {day} echt open "
    "waren; de andere {rest} beginnen met zoveel verblijven als past bij evenveel instroom als uitstroom.",
    "prices_level": "De kosten van {first} staan op het prijspeil van het kostenmodel, {level}.",
    "prices_apart": "Let op: eigen begrotingen van {first} staan naast kosten op prijspeil {level}. Breng de bedragen "
    "van het kostenmodel op het peil van de begrotingen, of de begrotingen op dat van de kosten.",
    "years_prices": "Er is geen prijsindex: alle jaren staan op dat peil, en een begroting is elk jaar even hoog.",
    "years_indexed": "Daarna stijgen prijzen elk jaar met {index}; begrotingen met {budget}.",
    "years_indexed_same": "Daarna stijgen prijzen en begrotingen elk jaar met {index}.",
    "years_growth": "Het aantal cliënten verandert elk jaar met {growth}.",
    "years_persistence": "Een duur jaar komt zelden alleen: op een schaal van 0 (elk jaar opnieuw) tot 1 (het gaat "
    "precies zo door) is de samenhang van een jaar met het jaar ervoor {own} bij eigen gebruik{shared} (mediaan van de "
    "gemeenten en jaren).",
    "years_persistence_shared": " en {value} met {best}",
    "years_persistence_none": "Op een schaal van 0 (elk jaar opnieuw) tot 1 (het gaat precies zo door) is de samenhang "
    "van een jaar met het jaar ervoor {own}{shared} (mediaan van de gemeenten en jaren).",
    "years_need": "Dat komt vooral doordat de behoefte van gemeenten niet is gemeten, terwijl zij in een pad elk jaar "
    "dezelfde is; daarnaast blijven kinderen jaren in zorg en duren schokken voort.",
    "years_no_need": "Dat komt doordat kinderen jaren in zorg blijven en schokken voortduren.",
    "fig_years": "Wat betaalt een gemeente van jaar tot jaar?",
    "fig_years_text": "Het vlak bevat acht van de tien paden (P10 tot P90), de lijn is het midden, de stippellijn de "
    "begroting (100%). Grijs is eigen gebruik{shared}. De laatste punten zijn alle jaren samen.",
    "fig_years_shared": ", blauw is {best}",
    "fig_years_together": "samen",
    "alt_years": "{agreement}, {period}: in acht van de tien paden tussen {low} en {high} van de begroting, midden "
    "{middle}.",
    "years_caption": "{title}: P10 – P50 – P90 en de kans op overschrijding",
    "years_chance": "kans op tekort {chance}",
    "years_net": "Wat ontvangt of betaalt een gemeente over alle jaren samen?",
    "years_net_text": "Wat een gemeente van {first} tot en met {last} {others} ontvangt; onder nul betaalt zij "
    "per saldo. Een bedrag zonder ± is exact berekend. Daaronder hoe ver het saldo gewoonlijk van zijn gemiddelde "
    "ligt.",
    "years_net_zero": "Naar verwachting ontvangt of betaalt hier niemand per saldo: zonder gemeten behoefte verwacht "
    "de simulatie van elke gemeente evenveel zorg per jeugdige.",
    "years_net_caption": "Saldo over {first}-{last} per gemeente en overeenkomst",
    "years_net_spread": "schommeling {spread}",
    "known": "Met en zonder onzekerheid over de cijfers",
    "known_text": "Ingevoerde cijfers waarvan is gezegd hoe onzeker zij zijn: {count}. De simulatie loot ze daarom "
    "voor elk pad opnieuw. Tussen haakjes staat wat er uitkomt als zij precies bekend zouden zijn. Zulke onzekerheid "
    "treft alle gemeenten en jaren tegelijk: delen helpt er niet tegen.",
    "known_caption": "{title}, {first}: met onzekere cijfers, en tussen haakjes met bekende",
    # Agreements
    "agreements": "De spelregels",
    "agreements_text": "Wat elke overeenkomst regelt, in gewone woorden. Het voorbeeld is één kind dat in een jaar "
    "veel zorg nodig heeft, in de kleinste gemeente en in zorg waarvoor de overeenkomst geldt. De bedragen per artikel "
    "zijn gemiddelden over alle gesimuleerde jaren.",
    "article": "Artikel {number}. {title}",
    "example": "Voorbeeld. Eén kind in {member} kost in een jaar {cost} ({care}). {member} betaalt daarvan {own}"
    "{others}.",
    "example_others": "; de andere gemeenten betalen samen {rest}",
    "agreement_source": "Bron: {source}",
    "clause_caption": "{title}: wat elk artikel verschuift, gemiddeld over alle begrotingsjaren",
    "clause_in": "brengt in",
    "clause_out": "betaalt mee",
    "clause_example": "Voorbeeld: betaalt",
    "clause_number": "Artikel {number}",
    "total": "Samen",
    # Members
    "details": "Alle cijfers per gemeente",
    "details_text": "Alle cijfers gaan over {first}. Achter ± staat de standaardfout; een cijfer zonder ± is exact "
    "berekend. De tweede regel van een cel is het verschil met eigen gebruik in "
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
    "sure_error_text": "De cijfers komen uit {worlds}. Met een ander toevalsgetal komt er iets anders "
    "uit. De standaardfout achter ± zegt hoeveel: in twee van de drie gevallen ligt het ware cijfer binnen één "
    "standaardfout, in negentien van de twintig binnen twee. Alle overeenkomsten krijgen dezelfde gesimuleerde jaren, "
    "dus verschillen zijn preciezer dan de cijfers zelf. De fout gaat alleen over de simulatie, niet over de aannamen. "
    "Waar geen ± staat, zoals bij de meeste gemiddelden, is het cijfer exact berekend en telt de simulatie niet mee.",
    "sure_exact": "Gesimuleerd naast exact berekend",
    "sure_exact_pass": "In orde. {figures} gesimuleerde gemiddelden en spreidingen zijn naast hun exacte waarde "
    "gelegd; de grootste afwijking is {largest} standaardfouten. Tot {limit} is dat toeval.",
    "sure_exact_fail": "Niet in orde. Van {figures} gesimuleerde gemiddelden en spreidingen wijkt er minstens één "
    "{largest} standaardfouten af van zijn exacte waarde. Meer dan {limit} is geen toeval. Gebruik dit rapport niet "
    "voordat de oorzaak is gevonden.",
    "sure_exact_unknown": "Niet te beoordelen: van deze studie is de exacte spreiding niet bekend.",
    "sure_exact_rare": "Nog {rare} cijfers zijn zo niet te beoordelen; de laatste kolommen zeggen waarom.",
    "check_caption": "Gesimuleerd naast exact, per begrotingsjaar",
    "check_figures": "Vergeleken",
    "check_largest": "Grootste |z|",
    "check_rare": "Niet te beoordelen: te zeldzame zorg",
    "check_spread": "Alleen spreiding niet: te weinig paden bepalen haar",
    "check_infinite": "Geen eindige spreiding",
    "check_unknown": "Exacte spreiding niet bekend: t-copula, verhuizing of echte open verblijven",
    "check_whole": "Alle jaren",
    "check_note": "z is de afstand tot de exacte waarde, in standaardfouten.",
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
    "missing_year": "Het rapport gaat over één jaar. Wat in de jaren daarna gebeurt, zit er niet in.",
    "missing_reserves": "Alleen een overeenkomst kan hier een reserve laten groeien en slinken: uit zichzelf houdt "
    "geen gemeente er een aan, en geen begroting wordt na een duur jaar verhoogd.",
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
    "grens per kind werkt in de simulatie dus per zorgvorm en is zo een benadering; een grens per traject wordt "
    "gerekend zoals hij er staat. Zware zorg bepaalt bijna alles boven zo'n grens.",
    "missing_cost": "Uitvoeringskosten, btw, voorschotten en rente tellen niet mee.",
    # Assumptions
    "assumptions": "Waar komen de cijfers vandaan?",
    "none": "geen",
    "assumptions_count": "Van de {all} ingevoerde cijfers zijn er {sourced} rechtstreeks uit een openbare bron, "
    "{derived} daaruit afgeleid en {assumed} aangenomen.",
    "assumptions_tariffs": "Aangenomen tarieven houden de plaats vrij voor uw eigen tarieven: zij geven de orde van "
    "grootte, geen prijs. Vervang ze voordat u op het rapport een besluit neemt.",
    "assumptions_errors": "Achter ± staat daar hoe onzeker het ingevoerde cijfer zelf is; de simulatie loot het.",
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
    "colophon_sims": "Omvang",
    "colophon_seed": "Toevalsgetal",
    "colophon_versions": "Versies",
    "colophon_inputs": "Bestanden (begin van SHA-256)",
    "colophon_license": "Licentie",
    "colophon_license_text": "solidair is vrije software onder de Apache-licentie 2.0. Het rapport bevat geen gegevens "
    "over echte kinderen: elk kind hierin is gesimuleerd.",
}
