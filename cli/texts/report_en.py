"""Words of the report in English; the same keys as in Dutch."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # Head
    "skip": "Skip to content",
    "kicker": "Comparison of agreements on the cost of youth care · {region}",
    "facts": "{members} · {youths} youths · {budget} budgeted · {sims} simulated years",
    "members": "{count} municipalities",
    "member_one": "1 municipality",
    "overrides": "Set differently from what the files say:",
    "contents": "Contents",
    "and": "and",
    "same_as": "{name} (here the same as {others})",
    # The answer
    "answer_best": "{best} steadies budgets most: by chance alone, what a municipality pays swings {gain} less than "
    "under own use.",
    "answer_tied": "{rivals} steady budgets about equally; the difference is too small to be sure of. Under {best}, "
    "what a municipality pays swings by chance {gain} less than under own use.",
    "answer_moved": "For that, {moved} a year on average ({share} of the budgets) goes from one municipality to "
    "another. Differing need alone would move {need}, luck alone {luck}.{assumed}",
    "answer_assumed": " How large the difference in need is nobody has measured: it is an assumption.",
    "answer_thrifty": "Per euro moved, {name} steadies most: {gain} less swing, with {moved} a year.",
    "answer_range": "Under {name}, {least} gains least ({low}) and {most} most ({high}).",
    "answer_none": "This study looks at {name} only: nothing is shared, so no money moves. By chance a year usually "
    "lies {low} to {high} away from what a municipality could expect.",
    "answer_nothing": "None of the agreements demonstrably makes budgets steadier than own use.",
    "answer_note": "Behind ± stands the standard error of the simulation.",
    "answer_weighted": "Percentages for the whole region are weighted by number of youths.",
    # In one minute
    "minute": "In one minute",
    "minute_text": "How much less does what a municipality pays swing by chance than if it paid everything itself? "
    "The darker, the steadier.",
    "minute_caption": "Less swing by chance than under own use, and the money that moves for it",
    "agreement": "Agreement",
    "member": "Municipality",
    "whole_region": "Whole region",
    "each_member": "Each municipality: less swing by chance",
    "row_gain": "Less swing, weighted mean",
    "row_moved": "Money that moves in a year",
    "row_need": "by differing need alone",
    "row_chance": "by luck alone",
    "row_chance_note": "together more than the whole: in part they cancel out",
    "row_gini": "Inequality of burdens per youth",
    "row_gini_note": "0 is equal; under own use {own}",
    "identical": "These agreements come to the same thing here: {names}. Every municipality pays the same in every "
    "year.",
    "derived_budget": "The region file gives no budget for {count} of the {members} municipalities. It is estimated "
    "from the number of youths.",
    "derived_budget_all": "The region file gives no budgets. They are estimated from the number of youths, so a key by "
    "budget works like a key by youths.",
    "luck_title": "Bad luck or need?",
    "luck": "Swing by chance is luck: one year a municipality has more children in expensive care than another year, "
    "while its need is the same.",
    "luck_unknown": "Besides, nobody has measured how much youth care each municipality needs. So the simulation draws "
    "that need anew in every simulated year: that is not bad luck but ignorance, and sharing then changes who pays "
    "structurally.",
    "luck_partly": "Of {count} municipalities nobody has measured how much youth care they need. The simulation draws "
    "that need anew in every simulated year: that is not bad luck but ignorance. The need of the others is known.",
    "luck_known": "The need of every municipality is in the region file. Differences in need are therefore known and "
    "not a matter of luck; what moves because of them comes back every year.",
    "choose": "Show for",
    "choose_all": "all municipalities",
    "none_caption": "Own use: what each municipality pays in a year and how much that swings",
    "none_text": "There is no agreement to compare with. This is where the municipalities stand now.",
    # Figures
    "figures": "In pictures",
    "fig_spread": "What does a municipality pay in a good and in a bad year?",
    "fig_spread_text": "The dashed line is the budget (100%). The thick part is the middle half of the years; the thin "
    "line holds nine years in ten; the tick is the middle. At the right: the chance of a deficit above 10% of the "
    "budget. Grey is own use. {finding}",
    "fig_need_most": "Note: that this lies so far apart is mostly because the need of municipalities has not been "
    "measured, not because of bad luck.",
    "fig_need_also": "That the need of municipalities has not been measured is part of this.",
    "fig_spread_find": "Under own use, nine years in ten span about {own} percentage points (median of the "
    "municipalities); with {best} that is {shared}.",
    "fig_spread_find_none": "Nine years in ten span about {own} percentage points (median of the municipalities).",
    "alt_spread": "{agreement}: in nine years in ten between {low} and {high} of the budget, middle {middle}, chance "
    "of a deficit above 10% {chance}.",
    "fig_transfer": "Who receives and who pays?",
    "fig_transfer_text": "Per agreement, in EUR per youth a year. Right of the dashed line a municipality receives "
    "from the others, left of it it pays. The dot is the average (in figures at the right, ± standard error). The "
    "narrow dark bar is what luck usually adds or takes. {need} {finding}",
    "fig_transfer_need": "The wide light bar is what is usually added or taken because a municipality's need differs "
    "from what was thought.",
    "fig_transfer_find": "For {clear} of {all} pairs of municipality and agreement the average lies more than two "
    "standard errors from zero; by chance alone that is about {luck}.",
    "alt_transfer": "{member}: on average {mean} euro per youth, by chance usually {chance} more or less, by unknown "
    "need {need}.",
    "fig_scatter": "How much calm for how much money?",
    "fig_scatter_text": "Each dot is an agreement. Higher is steadier, further to the right more money moves. So the "
    "upper left is favourable. {finding}",
    "fig_scatter_find": "Most calm per euro comes from {name}.",
    "fig_scatter_x": "Money that moves in a year (EUR m)",
    "fig_scatter_y": "Less swing by chance",
    "alt_scatter": "{agreement}: {gain} less swing, {moved} moved in a year.",
    "fig_reserve": "How large a reserve is needed?",
    "fig_reserve_text": "The reserve with which a municipality can bear a deficit in one year itself, as a percentage "
    "of its budget: ● with 80%, ■ with 90% and ▲ with 95% certainty. At the right the amount at 90%. {finding}",
    "fig_reserve_find": "At 90% certainty their reserves add up to {own} under own use and {shared} with {best}.",
    "fig_reserve_find_none": "At 90% certainty their reserves add up to {own}.",
    "alt_reserve": "{agreement}: {a} of the budget is needed for 80% certainty, {b} for 90% and {c} for 95%.",
    # Agreements
    "agreements": "The rules of the game",
    "agreements_text": "What each agreement lays down, in plain words. The example is always the same: one child in "
    "the smallest municipality that needs much care in a year. The amounts per article are averages over all simulated "
    "years.",
    "article": "Article {number}. {title}",
    "example": "Example. One child in {member} costs {cost} in a year ({care}). {member} pays {own} of it{others}.",
    "example_others": "; the other municipalities pay {rest} together",
    "agreement_source": "Source: {source}",
    "clause_caption": "{title}: what each article moves in an average year",
    "clause_in": "hands in",
    "clause_out": "is charged",
    "clause_example": "Example: pays",
    "clause_number": "Article {number}",
    "total": "Together",
    # Members
    "details": "All figures per municipality",
    "details_text": "Behind ± stands the standard error. The second line of a cell is the difference with own use in "
    "the same simulated years. If that is more than twice its error, {good} marks it as favourable and {bad} as "
    "unfavourable; a smaller difference may be chance.",
    "good": "▲",
    "bad": "▼",
    "good_word": "more favourable than own use",
    "bad_word": "less favourable than own use",
    "details_caption": "{member}: budget, swing and transfers per agreement",
    "details_member": "{youths} youths · budget {budget}{derived} · expected cost {cost}",
    "details_derived": " (estimated)",
    "meanings": "What each measure means",
    "measure": "Measure",
    "group_stability": "How steady is the budget?",
    "group_transfers": "Who pays whom?",
    "unit_share": "%",
    "unit_youth": "EUR per youth",
    "unit_ratio": "ratio",
    # How sure
    "sure": "How sure is this?",
    "sure_error": "Chance of the simulation",
    "sure_error_text": "Every figure comes from {sims} simulated years. With another seed it would come out a little "
    "differently. The standard error behind ± says how much: in two cases out of three the true figure lies within one "
    "standard error, in nineteen out of twenty within two. All agreements get the same simulated years, so differences "
    "are more precise than the figures themselves. The error is about the simulation only, not about the assumptions.",
    "sure_exact": "Simulated beside exactly computed",
    "sure_exact_pass": "All right. {figures} simulated means and spreads were laid beside their exact values; the "
    "largest deviation is {largest} standard errors. Up to {limit} that is chance.",
    "sure_exact_fail": "Not right. Of {figures} simulated means and spreads at least one lies {largest} standard "
    "errors from its exact value. More than {limit} is not chance. Do not use this report before the cause is found.",
    "sure_exact_rare": "Another {rare} figures are about care so rare that they cannot be judged this way.",
    "sure_exact_none": "There was no figure that can be judged this way: simulate more years.",
    "sure_anchors": "The cost model beside published figures",
    "anchors_text": "{within} of {all} figures of the model lie within the range that fits the source.",
    "anchors_caption": "The cost model beside published figures",
    "anchor": "Figure",
    "unit": "Unit",
    "range": "Range",
    "model": "Model",
    "within": "Agrees",
    "within_yes": "within",
    "within_no": "outside",
    "source": "Source",
    "sure_missing": "What is not in it",
    "missing_year": "The report is about one year. Reserves that grow and shrink, and children who stay in care for "
    "years, are not in it yet.",
    "missing_behaviour": "Everybody does the same under every agreement. In reality sharing may change behaviour: who "
    "shares a bill may watch it less, or may dare to start heavy care in time.",
    "missing_need": "The need of {count} municipalities has not been measured. What moves by need is therefore a "
    "possibility, not a forecast for these municipalities.",
    "missing_budget": "The budget of {count} municipalities is estimated. The chance of a deficit depends on it "
    "directly: fill in your own budget.",
    "missing_identical": "Agreements may coincide here while they differ on paper ({names}). With your own figures "
    "they may come apart.",
    "missing_variance": "The cost of {names} has no finite spread: the errors in this report do not hold then. Give "
    "that cost a cap.",
    "missing_child": "A child in two forms of care counts as two clients; their costs are not added up. A line "
    "per child therefore works per care type in the simulation. Heavy care makes up nearly all above such a line.",
    "missing_cost": "Administration cost, VAT, advance payments and interest do not count.",
    # Assumptions
    "assumptions": "Where do the figures come from?",
    "none": "none",
    "assumptions_count": "Of the {all} figures that go in, {sourced} come straight from a public source, {derived} are "
    "derived from one and {assumed} are assumed.",
    "assumptions_tariffs": "Assumed tariffs hold the place of your own: they give the order of size, not a price. "
    "Replace them before you decide anything on this report.",
    "assumptions_show": "All {all} figures, with unit and source",
    "assumptions_caption": "Input of the simulation, with unit, year, grade and source",
    "input": "Figure",
    "value": "Value",
    "year": "Year",
    "grade": "Grade",
    "grade_sourced": "sourced",
    "grade_derived": "derived",
    "grade_assumed": "assumed",
    "region_notes": "The region",
    "region_source": "Source of the region: {source}{year}.",
    "region_unsourced": "The region file names no source.",
    "region_note_language": "Source and notes are shown as they stand in the region file.",
    # End
    "glossary": "Glossary",
    "colophon": "Colophon",
    "colophon_repeat": "This gives exactly this report again:",
    "colophon_study": "Study",
    "colophon_sims": "Simulated years",
    "colophon_seed": "Seed",
    "colophon_versions": "Versions",
    "colophon_inputs": "Files (start of SHA-256)",
    "colophon_license": "License",
    "colophon_license_text": "solidair is free software under the Apache License 2.0. The report holds no data about "
    "real children: every child in it is simulated.",
}

UNITS: dict[str, str] = {}

INPUTS: dict[str, str] = {
    "national_youth": "Youths in the Netherlands",
    "budget_per_youth": "Budget per youth",
    "need_spread.sd": "Difference in need between municipalities",
    "volume.national.sd": "Shock on numbers, national",
    "volume.regional.sd": "Shock on numbers, regional",
    "volume.local.sd": "Shock on numbers, local",
    "price.national.sd": "Shock on prices, national",
    "price.regional.sd": "Shock on prices, regional",
    "price.local.sd": "Shock on prices, local",
    "persons.per_person_without_stay": "Forms of care per child without stay",
    "persons.per_person_with_stay": "Forms of care per child with stay",
    "persons.per_person_overall": "Kinds of care per child",
    "clients_per_1000": "number of clients",
    "overdispersion_size": "over-dispersion of the number",
    "severity.mean": "mean cost",
    "severity.cv": "spread of cost",
    "severity.cap": "highest cost",
    "severity.mean_stay": "mean length of stay",
    "severity.tariff.mean": "mean tariff",
    "severity.tariff.cv": "spread of the tariff",
    "severity.tariff.cap": "highest tariff",
    "inhabitants": "inhabitants",
    "youth": "youths",
    "need_index": "need index",
    "region.inhabitants": "Inhabitants, all municipalities together",
    "region.youth": "Youths, all municipalities together",
    "region.youth_budget_eur": "Youth care budget of the region file, together",
    "region.youth_budget_eur.derived": "Youth care budget estimated, together",
    "region.need_index": "Need index, mean",
    "youth_budget_eur": "youth care budget",
}

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Benefit principle (profijtbeginsel)", "See own use."),
    ("Cap", "Amount above which a municipality no longer pays itself, or an arrangement no longer reimburses."),
    ("Certainty level", "Chance with which the reserve must do. At 90% it is too small one year in ten."),
    ("Closed care (JeugdzorgPlus)", "Stay that a young person may not leave, after a decision of the court."),
    ("Deficit (overrun)", "What a municipality pays in a year above its budget."),
    ("Family-type home (gezinshuis)", "Family of professional parents for a child that cannot live at home."),
    ("Foster care (pleegzorg)", "A child lives in another family, for some time or for good."),
    (
        "Gini",
        "Measure of inequality: 0 if all municipalities pay the same per youth, nearly 1 if one pays all.",
    ),
    (
        "Joint arrangement (GR)",
        "Municipalities working together in a form laid down by law, often with its own budget.",
    ),
    ("Key", "Agreement on which share each municipality pays, for example by number of youths."),
    ("National contract (LTA)", "National terms for rare, heavy care that municipalities buy together."),
    ("Open-ended entitlement", "Who is entitled gets care, even when the money is gone."),
    ("Own use", "Every municipality pays what its own children cost. Everything is compared with this."),
    (
        "Redistribution",
        "Money that an agreement moves from one municipality to another: half of all differences between what "
        "municipalities pay and what their own children cost.",
    ),
    ("Reserve", "Money that a municipality sets aside to bear a deficit."),
    ("Residence principle", "Legal rule that says which municipality pays for a child."),
    ("Resilience (weerstandsvermogen)", "Whether a municipality can bear setbacks: means at hand over means needed."),
    ("Risk equalisation (verevening)", "Sharing cost so that no municipality meets a high bill alone by bad luck."),
    ("Seed", "Number from which all chance starts. The same number gives exactly the same simulated years."),
    ("Settlement", "Deciding after a year who pays what, from the real cost."),
    ("Solidarity principle", "Municipalities pay together, even if one needs more care than another."),
    (
        "Standard error",
        "How far a simulated figure usually lies from the true one, because one cannot simulate forever.",
    ),
    ("Stay (verblijf)", "Care in which a child sleeps away from home; paid per day and night."),
    ("Swing", "How far a year usually lies from the average. In statistics: the standard deviation."),
    ("Task field (Iv3)", "National classification of municipal budgets, in which youth care has its own numbers."),
    ("Threshold (retention)", "Part of the cost of one child that its municipality pays before anything is shared."),
    ("Youths", "Inhabitants of 0 to 17 years. Youth care may run on until 23."),
)
