// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is compared: tokens of one trace with other tokens of it, or of another trace. The other tokens are said as what
// differs, conditions in a row (resources/docs/selection.md, "Two sides"):
//
//     language=fr                    instead of every condition on the language
//     language=fr domain=code        of both
//     language                       whatever the language
//     @chose=5:27 @tokens=0:4096     experts as in --chose, and a range: what windows filter by beside labels; @spared
//                                    likewise, and @having=loss>=4 as --having has it
#pragma once

#include "analysis/study/study.h"

#include <string>
#include <utility>

namespace expertscope {

struct Side
{
    std::size_t trace = 0; ///< of the study
    Scope scope = {};

    bool operator==(const Side&) const = default;
};

/// The parts of a row of conditions: between spaces that no quotes hold.
std::vector<std::string> conditionsInRow(const std::string& row);

/// `scope` with the conditions of `parts` in place of its own on the same labels. Errors are wrong uses: those of
/// parseCondition(); a label alone that `scope` has no condition on.
Expected<Scope> scopeAgainst(const Scope& scope, const std::vector<std::string>& parts);
/// The other way round, as a row: what tells the tokens of `to` from those of `from`. Sites, phase and tokens skipped
/// are those of both.
std::string againstText(const Scope& from, const Scope& to);

/// What both have in common: `a` without the conditions in which they differ.
Scope commonOf(const Scope& a, const Scope& b);

/// A trace by its name or by its place from 1. Error: no such trace; names those there are.
Expected<std::size_t> traceNamed(const Study& study, const std::string& given);

/// What `a` is compared with: tokens of `row` (empty: the same) in another trace, by name or by its place from 1 (empty:
/// the same). Errors: those of scopeAgainst(); no such trace; nothing differs.
Expected<Side> sideAgainst(const Study& study, const Side& a, const std::string& row, const std::string& trace);

/// Each has tokens. Error: that one has none, and which.
Expected<void> checkSides(const Study& study, const Side& a, const Side& b, const Progress& progress = {});

/// In a few words what tells each from the other: "de" and "fr", "base" and "tuned", "all" where there is no condition.
std::pair<std::string, std::string> sideNames(const Study& study, const Side& a, const Side& b);
/// "base.h5, language=de": the trace where several are open, and the tokens.
std::string describe(const Study& study, const Side& side);

}
