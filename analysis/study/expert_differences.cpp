// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/expert_differences.h"

#include "analysis/results/remarks.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace expertscope {

using namespace results;

namespace {

constexpr unsigned kReplicates = 200;

using Place = std::pair<std::uint16_t, std::uint16_t>; ///< site, expert

/// Load with intervals over sequences, where there are enough of those.
Expected<ResultsPtr> loadOf(const Study& study, const Side& side, const Progress& progress)
{
    MetricQuestion question;
    question.metrics = {{"load"}};
    question.scope = side.scope;
    question.bootstrap = kReplicates;
    question.simulateUniform = false;
    ES_ASSIGN(const auto results, study.metrics(side.trace, question, progress));
    return results.front();
}

void sortByDifference(std::vector<ExpertDifference>& list)
{
    std::ranges::stable_sort(
        list, std::greater(), [](const ExpertDifference& d) { return std::pair(d.beyondNoise, std::abs(d.b - d.a)); });
}

}

Expected<ExpertDifferences> expertDifferences(
    const Study& study, const Side& a, const Side& b, const Progress& progress)
{
    ES_TRY(checkSides(study, a, b, progress));
    ExpertDifferences found;
    ES_ASSIGN(const ResultsPtr ofA, loadOf(study, a, partOf(progress, 0, 0.5)));
    ES_ASSIGN(const ResultsPtr ofB, loadOf(study, b, partOf(progress, 0.5, 1)));
    const Comparison comparison = compareResults(*ofA, *ofB);
    std::map<Place, ExpertDifference> all;
    for (const ComparedRow& row : comparison.rows) {
        if (!row.a.site || !row.a.expert || !row.a.value || !row.b.value)
            continue;
        ExpertDifference& entry = all[{row.a.site->value, row.a.expert->value}];
        entry.site = *row.a.site;
        entry.expert = *row.a.expert;
        if (row.a.metric == "load.count") {
            entry.countA = std::uint64_t(*row.a.value);
            entry.countB = std::uint64_t(*row.b.value);
            entry.beyondNoise = beyondNoise(row).value_or(false);
        } else if (row.a.metric == "load.relative") {
            entry.a = *row.a.value;
            entry.b = *row.b.value;
            entry.interval = row.interval;
            found.intervals |= row.interval.has_value();
        }
    }
    for (const auto* rows : {&comparison.onlyA, &comparison.onlyB})
        found.notShared += std::uint64_t(
            std::ranges::count_if(*rows, [](const ResultRow& row) { return row.metric == "load.count" && row.expert; }));
    for (const auto& [place, entry] : all) {
        if (entry.countA == 0 && entry.countB == 0)
            ++found.neither;
        else if (entry.countB == 0)
            found.onlyA.push_back(entry);
        else if (entry.countA == 0)
            found.onlyB.push_back(entry);
        else if (entry.beyondNoise)
            found.beyond.push_back(entry);
        else
            ++found.unchanged;
    }
    for (auto* list : {&found.onlyA, &found.onlyB, &found.beyond})
        sortByDifference(*list);
    return found;
}

}
