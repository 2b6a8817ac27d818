// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/against.h"

#include "io/base/named.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

void addAgainst(std::vector<ChartOption>& options)
{
    const std::string tokens = "other tokens to compare with, such as language=fr: its conditions take the place of "
                               "those on the same label";
    const auto own = std::ranges::find(options, std::string(kAgainst), &ChartOption::name);
    if (own != options.end()) {
        own->kind = ParameterSpec::Kind::Text; // its words are proposed
        own->meaning += "; or " + tokens;
        own->computes = true;
    } else {
        options.push_back(
            {{.name = kAgainst, .standard = "", .meaning = tokens, .kind = ParameterSpec::Kind::Text}, "Against", true});
    }
    options.push_back({{.name = kAgainstTrace,
                           .standard = "",
                           .meaning = "another trace to compare with, by name or by its place from 1",
                           .kind = ParameterSpec::Kind::Text},
        "Against trace", true});
}

Expected<std::optional<AskedSides>> askedSides(const Study& study, const ChartQuestion& question,
    const std::vector<std::string>& own, const Progress& progress)
{
    std::string row = question.params.text(kAgainst);
    const std::string& trace = question.params.text(kAgainstTrace);
    if (std::ranges::find(own, row) != own.end())
        row.clear();
    if (row.empty() && trace.empty())
        return std::nullopt;
    AskedSides sides;
    sides.a = {question.trace, question.scope};
    ES_ASSIGN(sides.b, sideAgainst(study, sides.a, row, trace));
    ES_TRY(checkSides(study, sides.a, sides.b, progress));
    sides.names = sideNames(study, sides.a, sides.b);
    sides.common = commonOf(sides.a.scope, sides.b.scope);
    ES_ASSIGN(sides.extents.first, study.extentOf(sides.a.trace, sides.a.scope, progress));
    ES_ASSIGN(sides.extents.second, study.extentOf(sides.b.trace, sides.b.scope, progress));
    return sides;
}

QString sideWords(const Study& study, const Side& side, const std::string& name, const Study::Extent& extent)
{
    const std::string said = describe(study, side);
    const QString tokens = countText(extent.tokens) + " tokens", text = QString::fromStdString(name);
    if (said == name)
        return text + ", " + tokens;
    return text + ": " + (said == "all tokens" ? "all " + tokens : QString::fromStdString(said) + ", " + tokens);
}

}
