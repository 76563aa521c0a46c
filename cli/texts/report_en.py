"""Words of the report in English; the same keys as in Dutch."""

from __future__ import annotations

from solidair.cli.texts.report_words_en import GLOSSARY, INPUTS, UNITS

__all__ = ["GLOSSARY", "INPUTS", "TEXTS", "UNITS"]

TEXTS: dict[str, str] = {
    # Head
    "skip": "Skip to content",
    "kicker": "Comparison of agreements on the cost of youth care · {region}",
    "facts": "{members} · {youths} youths · {budget} budgeted · {worlds}",
    "worlds": "{sims} simulated paths of {years} years ({span})",
    "worlds_single": "{sims} simulated years ({span})",
    "members": "{count} municipalities",
    "member_one": "1 municipality",
    "overrides": "Set differently from what the files say:",
    "contents": "Contents",
    "and": "and",
    "same_as": "{name} (here the same as {others})",
    # The answer
    "answer_best": "{best} steadies budgets most: by chance alone, what a municipality pays in {first} swings {gain} "
    "less than under own use.",
    "answer_tied": "{rivals} steady budgets about equally; the difference is too small to be sure of. Under {best}, "
    "what a municipality pays in {first} swings by chance {gain} less than under own use.",
    "answer_moved": "For that, {moved} on average ({share} of the budgets) goes in {first} {between}. "
    "Differing need alone would move {need}, luck alone {luck}.{assumed}",
    "between": "from one municipality to another",
    "between_beyond": "from one municipality to another, from or to outside, or into or out of a fund or reserve",
    "answer_assumed": " How large the difference in need is nobody has measured: it is an assumption.",
    "answer_thrifty": "Per euro moved, {name} steadies most: {gain} less swing, with {moved} in {first}.",
    "answer_range": "Under {name}, {least} gains least ({low}) and {most} most ({high}).",
    "answer_none": "This study looks at {name} only: nothing is shared, so no money moves. By chance {first} usually "
    "lies {low} to {high} away from what a municipality could expect.",
    "answer_nothing": "None of the agreements demonstrably makes budgets steadier than own use.",
    "answer_note": "Behind ± stands the standard error of the simulation. These figures are about {first}, the first "
    "budget year.",
    "answer_weighted": "Percentages for the whole region are weighted by number of youths.",
    # In one minute
    "minute": "In one minute",
    "minute_text": "How much less does what a municipality pays in {first} swing by chance than if it paid everything "
    "itself? The darker, the steadier.",
    "minute_caption": "Less swing by chance in {first} than under own use, and the money that moves for it",
    "agreement": "Agreement",
    "member": "Municipality",
    "whole_region": "Whole region",
    "each_member": "Each municipality: less swing by chance",
    "row_gain": "Less swing, weighted mean",
    "row_moved": "Money that moves in {first}",
    "row_need": "by differing need alone",
    "row_chance": "by luck alone",
    "row_chance_note": "together more than the whole: in part they cancel out",
    "row_gini": "Inequality of burdens per youth",
    "row_gini_note": "0 is equal; under own use {own}",
    "identical": "These agreements come to the same thing here: {names}. Under {both} every municipality pays the "
    "same in every year.",
    "both": "both",
    "all_of_these": "all of these",
    "derived_budget": "The region file gives no budget for {count} of the {members} municipalities. It is estimated "
    "from the number of youths.",
    "derived_budget_all": "The region file gives no budgets. They are estimated from the number of youths, so a key by "
    "budget works like a key by youths.",
    "luck_title": "Bad luck or need?",
    "luck": "Swing by chance is luck: one year a municipality has more children in expensive care than another year, "
    "while its need is the same.",
    "luck_unknown": "Besides, nobody has measured how much youth care each municipality needs. So the simulation draws "
    "that need, once for every simulated path: that is not bad luck but ignorance, and sharing then changes who pays "
    "structurally.",
    "luck_partly": "Of {count} municipalities nobody has measured how much youth care they need. The simulation draws "
    "that need, once for every simulated path: that is not bad luck but ignorance. The need of the others is known.",
    "luck_known": "The need of every municipality is in the region file. Differences in need are therefore known and "
    "not a matter of luck; what moves because of them comes back every year.",
    "choose": "Show for",
    "choose_all": "all municipalities",
    "none_caption": "Own use: what each municipality pays in {first} and how much that swings",
    "none_text": "There is no agreement to compare with. This is where the municipalities stand now.",
    # Figures
    "figures": "In pictures",
    "fig_spread": "What does a municipality pay in a good and in a bad year?",
    "fig_spread_text": "The dashed line is the budget of {first} (100%). The thick part is the middle half of the "
    "years; the thin line holds nine years in ten; the tick is the middle. At the right: the chance of a deficit "
    "above 10% of the budget. Grey is own use. {finding}",
    "fig_need_most": "Note: that this lies so far apart is mostly because the need of municipalities has not been "
    "measured, not because of bad luck.",
    "fig_need_also": "That the need of municipalities has not been measured is part of this.",
    "fig_spread_find": "Under own use, nine years in ten span about {own} percentage points (median of the "
    "municipalities); with {best} that is {shared}.",
    "fig_spread_find_none": "Nine years in ten span about {own} percentage points (median of the municipalities).",
    "alt_spread": "{agreement}: in nine years in ten between {low} and {high} of the budget, middle {middle}, chance "
    "of a deficit above 10% {chance}.",
    "fig_transfer": "Who receives and who pays?",
    "fig_transfer_text": "Per agreement, in EUR per youth in {first}. Right of the dashed line a municipality receives "
    "{others}, left of it it pays. The white dot is the average (in figures at the right{error}). The "
    "narrow blue bar is what luck usually adds or takes. {need} {finding}",
    "others": "from the others",
    "others_beyond": "from the other municipalities or from outside, or out of a fund or reserve",
    "fig_transfer_error": ", ± standard error",
    "fig_transfer_need": "The wide orange bar is what is usually added or taken because a municipality's need differs "
    "from what was thought.",
    "fig_transfer_find": "For {clear} of {all} pairs of municipality and agreement the average lies more than two "
    "standard errors from zero; by chance alone that is about {luck}.",
    "fig_transfer_exact": "These averages are computed exactly.",
    "fig_transfer_zero": "These averages are exactly zero: nobody is expected to receive or pay on balance. Money "
    "moves by chance and by unknown need only.",
    "alt_transfer": "{member}: on average {mean} euro per youth, by chance usually {chance} more or less, by unknown "
    "need {need}.",
    "fig_scatter": "How much calm for how much money?",
    "fig_scatter_text": "Each dot is an agreement. Higher is steadier, further to the right more money moves. So the "
    "upper left is favourable. {finding}",
    "fig_scatter_find": "Most calm per euro comes from {name}.",
    "fig_scatter_x": "Money that moves in {first} (EUR m)",
    "fig_scatter_y": "Less swing by chance",
    "alt_scatter": "{agreement}: {gain} less swing, {moved} moved.",
    "fig_reserve": "How large a reserve is needed?",
    "fig_reserve_text": "The reserve with which a municipality can bear a deficit in {first} itself, as a percentage "
    "of its budget: ● with 80%, ■ with 90% and ▲ with 95% certainty. At the right the amount at 90%. {finding}",
    "fig_reserve_find": "At 90% certainty their reserves add up to {own} under own use and {shared} with {best}.",
    "fig_reserve_find_none": "At 90% certainty their reserves add up to {own}.",
    "alt_reserve": "{agreement}: {a} of the budget is needed for 80% certainty, {b} for 90% and {c} for 95%.",
    # Years
    "years": "{count} years",
    "years_text": "Every simulated path runs from {first} to {last}. For each year this shows what a municipality "
    "pays in a cheap year (P10: 1 path in 10 is cheaper), in an ordinary year (P50) and in an expensive year (P90), "
    "and below that the chance that it exceeds its budget. The last column adds up all years of a path.",
    "years_start_steady": "On 1 January {first} as many stays are open as fit a state that does not change: as many "
    "children enter as leave.",
    "years_start_known": "The simulation starts with the {count} stays that were really open on {day}.",
    "years_start_both": "For {listed} municipalities the simulation starts with the {count} stays that were really "
    "open on {day}; the other {rest} start with as many stays as fit as many entries as departures.",
    "prices_level": "The cost of {first} is at the price level of the cost model, {level}.",
    "prices_apart": "Note: own budgets of {first} are compared with costs at the price level of {level}. Bring the "
    "amounts of the cost model to the level of the budgets, or the budgets to that of the costs.",
    "years_prices": "There is no price index: all years are at that level, and a budget is the same in every year.",
    "years_indexed": "After that, prices rise by {index} a year; budgets by {budget}.",
    "years_indexed_same": "After that, prices and budgets rise by {index} a year.",
    "years_growth": "The number of clients changes by {growth} a year.",
    "years_persistence": "An expensive year seldom comes alone: on a scale from 0 (every year anew) to 1 (it simply "
    "goes on) the correlation of a year with the year before is {own} under own use{shared} (median of municipalities "
    "and years).",
    "years_persistence_shared": " and {value} with {best}",
    "years_persistence_none": "On a scale from 0 (every year anew) to 1 (it simply goes on) the correlation of a year "
    "with the year before is {own}{shared} (median of municipalities and years).",
    "years_need": "That is mostly because the need of municipalities has not been measured, while within a path it is "
    "the same in every year; besides, children stay in care for years and shocks last.",
    "years_no_need": "That is because children stay in care for years and shocks last.",
    "fig_years": "What does a municipality pay from year to year?",
    "fig_years_text": "The area holds eight paths in ten (P10 to P90), the line is the middle, the dashed line the "
    "budget (100%). Grey is own use{shared}. The last points are all years together.",
    "fig_years_shared": ", blue is {best}",
    "fig_years_together": "all",
    "alt_years": "{agreement}, {period}: in eight paths in ten between {low} and {high} of the budget, middle "
    "{middle}.",
    "years_caption": "{title}: P10 – P50 – P90 and the chance of an overrun",
    "years_chance": "chance of overrun {chance}",
    "years_net": "What does a municipality receive or pay over all years together?",
    "years_net_text": "What a municipality receives {others} from {first} to {last}; below zero it pays on balance. "
    "An amount without ± is computed exactly. Below it how far the balance usually lies from its average.",
    "years_net_zero": "On average nobody receives or pays on balance here: without measured need the simulation "
    "expects equal care per youth of every municipality.",
    "years_net_caption": "Balance over {first}-{last} per municipality and agreement",
    "years_net_spread": "swing {spread}",
    "known": "With and without doubt about the figures",
    "known_text": "Figures whose uncertainty is given: {count}. The simulation draws them anew for every path. In "
    "brackets stands what comes out if they were known exactly. Such doubt strikes all municipalities and years at "
    "once: sharing does not help against it.",
    "known_caption": "{title}, {first}: with uncertain figures, and in brackets with known ones",
    # Agreements
    "agreements": "The rules of the game",
    "agreements_text": "What each agreement lays down, in plain words. The example is one child that needs much "
    "care in a year, in the smallest municipality and in care that the agreement is about. The amounts per article are "
    "averages over all simulated years.",
    "article": "Article {number}. {title}",
    "example": "Example. One child in {member} costs {cost} in a year ({care}). {member} pays {own} of it{others}.",
    "example_others": "; the other municipalities pay {rest} together",
    "agreement_source": "Source: {source}",
    "clause_caption": "{title}: what each article moves, on average over all budget years",
    "clause_in": "hands in",
    "clause_out": "is charged",
    "clause_example": "Example: pays",
    "clause_number": "Article {number}",
    "total": "Together",
    # Members
    "details": "All figures per municipality",
    "details_text": "All figures are about {first}. Behind ± stands the standard error; a figure without ± is computed "
    "exactly. The second line of a cell is the difference with own use in "
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
    "sure_error_text": "The figures come from {worlds}. With another seed they would come out a little "
    "differently. The standard error behind ± says how much: in two cases out of three the true figure lies within one "
    "standard error, in nineteen out of twenty within two. All agreements get the same simulated years, so differences "
    "are more precise than the figures themselves. The error is about the simulation only, not about the assumptions. "
    "Where there is no ±, as with most averages, the figure is computed exactly and owes nothing to the simulation.",
    "sure_exact": "Simulated beside exactly computed",
    "sure_exact_pass": "All right. {figures} simulated means and spreads were laid beside their exact values; the "
    "largest deviation is {largest} standard errors. Up to {limit} that is chance.",
    "sure_exact_fail": "Not right. Of {figures} simulated means and spreads at least one lies {largest} standard "
    "errors from its exact value. More than {limit} is not chance. Do not use this report before the cause is found.",
    "sure_exact_unknown": "Cannot be judged: the exact spread of this study is not known.",
    "sure_exact_rare": "Another {rare} figures cannot be judged this way; the last columns say why.",
    "check_caption": "Simulated beside exact, per budget year",
    "check_figures": "Compared",
    "check_largest": "Largest |z|",
    "check_rare": "Not to be judged: care too rare",
    "check_spread": "Spread only: too few paths make it up",
    "check_infinite": "No finite spread",
    "check_unknown": "Exact spread not known: t copula, moves or real open stays",
    "check_whole": "All years",
    "check_note": "z is the distance from the exact value, in standard errors.",
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
    "missing_year": "The report is about one year. What happens in the years after it is not in it.",
    "missing_reserves": "Only an agreement can let a reserve grow and shrink here: no municipality keeps one of its "
    "own accord, and no budget is raised after an expensive year.",
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
    "per child therefore works per care type in the simulation, which is an approximation; a line per care spell is "
    "worked out as it is written. Heavy care makes up nearly all above such a line.",
    "missing_cost": "Administration cost, VAT, advance payments and interest do not count.",
    # Assumptions
    "assumptions": "Where do the figures come from?",
    "none": "none",
    "assumptions_count": "Of the {all} figures that go in, {sourced} come straight from a public source, {derived} are "
    "derived from one and {assumed} are assumed.",
    "assumptions_tariffs": "Assumed tariffs hold the place of your own: they give the order of size, not a price. "
    "Replace them before you decide anything on this report.",
    "assumptions_errors": "Behind ± stands there how uncertain the figure itself is; the simulation draws it.",
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
    "colophon_sims": "Size",
    "colophon_seed": "Seed",
    "colophon_versions": "Versions",
    "colophon_inputs": "Files (start of SHA-256)",
    "colophon_license": "License",
    "colophon_license_text": "solidair is free software under the Apache License 2.0. The report holds no data about "
    "real children: every child in it is simulated.",
}
