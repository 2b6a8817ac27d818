// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts of a kind of text: by how much more often its tokens choose an expert than those of the others
// ("risk_difference.value", metrics 5). As the maps of SteerMoE and of arXiv 2510.04694 (language experts by layer).
#include "io/base/nearest.h"
#include "io/base/text.h"
#include "views/charts/kinds/expert_rows.h"
#include "views/charts/kinds/label_choice.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

struct Differences final : ChartData
{
    ExpertRowsPtr rows;
    std::string label, value, reference; ///< reference: empty, the rest
    std::string measure;
};

Expected<ChartDataPtr> computeRiskDifference(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_ASSIGN(const Label* const label, chosenLabel(study, question));
    auto data = std::make_shared<Differences>();
    data->label = label->name;
    data->reference = question.params.text("reference");
    data->value = question.params.text("value");
    for (const auto& [option, value] : {std::pair("value", &data->value), std::pair("reference", &data->reference)}) {
        if (!value->empty() && std::ranges::find(label->values, *value) == label->values.end())
            return fail("the label '" + label->name + "' has no such value", std::string(option) + '=' + *value,
                nearestHint(*value, label->values, "there is: " + joined(label->values)));
    }
    if (data->value.empty()) {
        const auto other = std::ranges::find_if(label->values, [&](const auto& v) { return v != data->reference; });
        data->value = *other;
    }
    if (data->value == data->reference)
        return fail("a value is not compared with itself", "reference=" + data->reference, "choose another");
    data->measure = question.params.text("measure");
    if (data->measure != "difference" && !data->reference.empty())
        return fail("is always against all other values", "measure=" + data->measure, "leave reference out");
    const std::vector<MetricRequest> metric{data->measure == "difference"
            ? MetricRequest{"risk_difference", {{"reference", data->reference}}}
            : data->measure == "stability" ? MetricRequest{"stability"}
                                           : MetricRequest{"batched_difference"}};
    ES_ASSIGN(data->rows, computeExpertRows(study, question, metric, label->name, progress));
    return data;
}

Expected<ChartPtr> drawRiskDifference(const ChartDataPtr& computed, const Parameters&, Look& look)
{
    const auto data = std::static_pointer_cast<const Differences>(computed);
    const QString value = QString::fromStdString(data->label + '=' + data->value);
    const QString reference = data->reference.empty() ? "the rest" : QString::fromStdString(data->reference);
    ExpertRowWords words;
    words.chart = "risk_difference";
    if (data->measure == "stability" || data->measure == "sign") {
        const bool sign = data->measure == "sign";
        words.title = sign ? "Batches with the sign of the mean " + unbroken("(%)")
                           : "Draws with the expert among the first 10 for " + value + ' ' + unbroken("(%)");
        words.factor = 100;
        words.what = sign ? "batches with the sign of the mean" : "among the first 10 for " + value;
        words.said = percentText;
        words.counted = sign ? "batches" : "draws";
        words.csvLines = {sign ? "measured: share of the batches in which the rate in " + value
                + " minus the rest has the sign of its mean"
                               : "measured: share of draws of the sequences in which `expert` is among the 10 with the "
                                 "largest rate in " + value + " minus the rest"};
        return drawExpertRows(data->rows,
            data->rows->rowsOf(sign ? "batched_difference.sign" : "stability.frequency",
                std::pair(data->label, data->value)),
            words, look);
    }
    const bool batched = data->measure == "batched";
    words.title = "Rate in " + value + QStringLiteral(" − ") + reference + (batched ? ", mean over batches " : " ")
        + unbroken("(% points)");
    words.meaning = CellMeaning::Difference;
    words.factor = 100;
    words.what = value + " minus " + reference;
    words.said = [](double share) { return numberText(100 * share) + " points"; };
    words.counted = batched ? "batches" : "tokens";
    words.csvLines = {"measured: of the tokens of " + value + " those that chose `expert`, as a share, minus that of "
        + reference + "; uniform: the same under uniform routing; n: "
        + (batched ? "batches, whose mean it is" : "tokens of the value")};
    return drawExpertRows(
        data->rows, data->rows->rowsOf(batched ? "batched_difference.value" : "risk_difference.value",
            std::pair(data->label, data->value)), words, look);
}

}

ChartSpec riskDifferenceChart()
{
    return {
        .name = "risk_difference",
        .title = "Risk difference",
        .definition = "By how much more often the tokens of a label value choose each expert than those of the other "
                      "values, or of one of them",
        .options = {labelOption(),
            {{.name = "value",
                 .standard = "",
                 .meaning = "value of the label; default: the first",
                 .kind = ParameterSpec::Kind::Text},
                "Value", true},
            {{.name = "reference",
                 .standard = "",
                 .meaning = "value that is compared with; default: all other values",
                 .kind = ParameterSpec::Kind::Text},
                "Against", true},
            {{.name = "measure",
                 .standard = "difference",
                 .meaning = "difference of the rates; the mean of it over batches (batched); share of batches with the sign "
                            "of that (sign); share of draws of the sequences with the expert among the first 10 "
                            "(stability)",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"difference", "batched", "sign", "stability"}},
                "Show", true}},
        .compute = computeRiskDifference,
        .draw = drawRiskDifference,
    };
}

}
