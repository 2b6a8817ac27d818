// SPDX-License-Identifier: GPL-3.0-or-later
//
// How charts are asked for two sides: the tokens they are asked about, against other tokens or another trace.
#pragma once

#include "analysis/study/sides.h"
#include "views/charts/chart.h"

namespace expertscope {

inline constexpr const char* kAgainst = "against";
inline constexpr const char* kAgainstTrace = "against_trace";

/// Adds both. A chart whose own `against` is a word out of some keeps those words.
void addAgainst(std::vector<ChartOption>& options);

/// Two sides that a question asks for, and what tells each from the other.
struct AskedSides
{
    Side a, b;
    std::pair<std::string, std::string> names;
    std::pair<Study::Extent, Study::Extent> extents;
    Scope common;
};

/// Nothing: one side alone is asked for. `own`: words that `against` may be and that mean something else. Errors: those
/// of sideAgainst() and checkSides().
Expected<std::optional<AskedSides>> askedSides(const Study& study, const ChartQuestion& question,
    const std::vector<std::string>& own = {}, const Progress& progress = {});

/// "de: language=de, 1,204 tokens": for heads of tables and notes.
QString sideWords(const Study& study, const Side& side, const std::string& name, const Study::Extent& extent);

}
