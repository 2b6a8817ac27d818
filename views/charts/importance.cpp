// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts matter: scores of ESFT, ranks of the Standing Committee (metrics 7). Whom the method selects is said in
// readout and table: a cross would hide the very cells that count. As ESFT, Figure 4 (expert scores by layer).
#include "io/base/named.h"
#include "views/charts/kinds/expert_rows.h"
#include "views/charts/kinds/label_choice.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <sstream>

namespace expertscope {

namespace {

struct ImportanceQuantity
{
    const char *name, *request, *metric, *title, *what, *counted;
    bool share; ///< a share of the choices: ratio to uniform where that is known, else percent
    const char *selected, *member; ///< row of the site that lists the selected experts
};
constexpr ImportanceQuantity kImportanceQuantities[] = {
    {"token_score", "esft", "esft.token_score", "Token score", "token score", "tokens", true, "esft.token_selected",
        "selected by ESFT"},
    {"gate_score", "esft", "esft.gate_score", "Gate score", "gate score", "tokens", true, "esft.gate_selected",
        "selected by ESFT"},
    {"committee_rank", "committee", "committee.mean_rank", "Mean rank over label values", "mean rank", "lists", false,
        "committee.size", "in the committee"},
    {"committee_variance", "committee", "committee.rank_variance", "Variance of the rank over label values",
        "variance of the rank", "lists", false, "committee.size", "in the committee"},
};

const ImportanceQuantity& importanceQuantityOf(const Parameters& params)
{
    return *named(kImportanceQuantities, params.text("quantity"));
}

Expected<ChartDataPtr> computeImportance(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    const ImportanceQuantity& quantity = importanceQuantityOf(question.params);
    std::string by;
    if (std::string(quantity.request) == "committee") {
        ES_ASSIGN(const Label* const label, chosenLabel(study, question));
        by = label->name;
    }
    return computeExpertRows(study, question, {{quantity.request}}, by, progress);
}

/// The experts of "3 17 5", the list that a row of each site carries.
std::vector<std::vector<std::uint8_t>> selectedExperts(const ExpertRows& data, const std::string& metric)
{
    std::vector<std::vector<std::uint8_t>> members;
    for (const SiteIndex site : data.sites) {
        auto& own = members.emplace_back(data.shape.sites[std::size_t(site)].numExperts);
        for (const ResultRow& row : data.results.front()->rows) {
            const auto list = row.other.find("experts");
            if (row.metric != metric || row.site != site || list == row.other.end())
                continue;
            std::stringstream ids(list->second);
            for (std::size_t e = 0; ids >> e;) {
                if (e < own.size())
                    own[e] = 1;
            }
        }
    }
    return members;
}

Expected<ChartPtr> drawImportance(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const ExpertRows>(computed);
    const ImportanceQuantity& quantity = importanceQuantityOf(params);
    auto rows = data->rowsOf(quantity.metric);
    ExpertRowWords words;
    words.chart = "importance";
    words.ratio = quantity.share && std::ranges::any_of(rows, [](const auto& site) {
        return std::ranges::any_of(site, [](const ResultRow* row) { return row && row->uniform.value_or(0) > 0; });
    });
    words.meaning = words.ratio ? CellMeaning::Ratio : CellMeaning::Amount;
    words.centre = words.ratio ? 1 : 0;
    words.factor = quantity.share ? 100 : 1;
    words.title = quantity.title + (quantity.share ? ' ' + unbroken(words.ratio ? "/ uniform" : "(%)") : QString());
    words.what = quantity.what;
    words.said = [share = quantity.share](double v) { return share ? percentText(v) : numberText(v); };
    words.counted = quantity.counted;
    words.csvLines = {QString("measured: %1; member: %2").arg(quantity.metric, quantity.member)};
    words.members = selectedExperts(*data, quantity.selected);
    words.memberTitle = quantity.member;
    return drawExpertRows(data, std::move(rows), words, look);
}

}

ChartSpec importanceChart()
{
    ChartOption quantity{
        {.name = "quantity",
            .standard = "token_score",
            .meaning = "ESFT's scores by choices or by weights, or the rank of an expert in the lists of a "
                       "label's values",
            .kind = ParameterSpec::Kind::Choices,
            .choices = nameList(kImportanceQuantities)},
        "Show", true};
    return {
        .name = "importance",
        .title = "Importance",
        .definition =
            "Which experts matter for these tokens: ESFT's scores, ranks of the Standing Committee, and whom they "
            "select",
        .options = {quantity, labelOption()},
        .compute = computeImportance,
        .draw = drawImportance,
    };
}

}
