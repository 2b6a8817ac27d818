// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/needs.h"

#include <algorithm>

namespace expertscope {

namespace {

std::string describe(const Columns& columns)
{
    std::string text;
    const auto add = [&](bool wanted, const char* name) {
        if (wanted)
            text += (text.empty() ? "" : " and ") + std::string(name);
    };
    add(columns.weights, "weights");
    add(columns.entropy, "entropy");
    add(columns.margin, "margin");
    add(columns.logits, "logits");
    add(columns.tokenIds, "token ids");
    add(columns.predictedIds, "predicted ids");
    add(columns.loss, "losses");
    return text;
}

}

Columns united(const Columns& a, const Columns& b)
{
    return {a.weights || b.weights, a.entropy || b.entropy, a.margin || b.margin, a.logits || b.logits,
        a.tokenIds || b.tokenIds, a.predictedIds || b.predictedIds, a.loss || b.loss};
}

const Columns* firstRecorded(const std::vector<Columns>& needs, const Columns& recorded)
{
    const auto found =
        std::ranges::find_if(needs, [&](const Columns& need) { return united(need, recorded) == recorded; });
    return found == needs.end() ? nullptr : &*found;
}

std::string whatIsMissing(const MetricSpec& spec, const RoutingShape& shape, bool hasLabel, bool picksTokens,
    std::size_t traces)
{
    if (spec.minTraces > 1 && traces < spec.minTraces)
        return "compares traces of the same tokens: name at least " + std::to_string(spec.minTraces)
            + ", the final one last";
    if (spec.needsLabel && !hasLabel) {
        std::string text = "needs a label to compare by; the trace has ";
        for (std::size_t i = 0; i < shape.labels.size(); ++i)
            text += (i ? ", " : "") + shape.labels[i].name;
        return text + (shape.labels.empty() ? "none" : "");
    }
    if (picksTokens && !spec.anyTokens)
        return "looks at whole sequences, not at tokens picked out of them";
    if (!spec.needs.empty() && !firstRecorded(spec.needs, shape.columns))
        return "the trace does not hold " + describeNeeds(spec.needs);
    return {};
}

std::string describeNeeds(const std::vector<Columns>& needs)
{
    std::string text;
    for (const Columns& alternative : needs) {
        const bool lessWouldDo = std::ranges::any_of(needs,
            [&](const Columns& other) { return !(other == alternative) && united(other, alternative) == alternative; });
        if (!lessWouldDo)
            text += (text.empty() ? "" : ", or ") + describe(alternative);
    }
    return text;
}

}
