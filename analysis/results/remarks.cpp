// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/remarks.h"

#include "analysis/results/chance_noise.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace expertscope::results {

namespace {

constexpr double kLeastDeviations = 5, kLeastDoublings = 1;
constexpr double kNothing = 1e-3; // of two numbers below that a ratio says nothing
constexpr double kIntervalDeviations = 2 * 1.959964; // standard deviations between the ends of a 95 % interval
constexpr std::size_t kMostOfMetric = 3;

double deviationOf(const std::pair<double, double>& interval)
{
    return (interval.second - interval.first) / kIntervalDeviations;
}

/// Gives the score; whether it is beyond noise, none: nothing to compare with.
std::optional<bool> judge(Remark& remark, double value, double expected)
{
    if (remark.noise && *remark.noise > 0) {
        remark.score = std::abs(value - expected) / *remark.noise;
        return remark.score >= kLeastDeviations;
    }
    remark.noise.reset();
    if (value <= 0 || expected <= 0 || std::max(value, expected) < kNothing)
        return std::nullopt;
    remark.score = std::abs(std::log2(value / expected));
    return remark.score >= kLeastDoublings;
}

std::optional<bool> judge(Remark& remark, const ResultRow& row, const ToldMeasure& measure)
{
    remark.row = &row;
    remark.value = *row.value;
    remark.uniform = row.uniform;
    remark.noise = chanceNoise(measure.noise, row, *row.uniform);
    if (row.interval)
        remark.noise = std::max(remark.noise.value_or(0), deviationOf(*row.interval));
    if (measure.noise == NoiseKind::Count && *row.uniform > 0) {
        remark.value /= *row.uniform;
        if (remark.noise)
            *remark.noise /= *row.uniform;
        remark.uniform = 1;
    }
    return judge(remark, remark.value, *remark.uniform);
}

std::optional<bool> judge(Remark& remark, const ComparedRow& row, const ToldMeasure& measure)
{
    remark.row = &row.a;
    remark.uniform = row.a.uniform;
    double a = *row.a.value, b = *row.b.value;
    const auto scaleOf = [&](const ResultRow& of) {
        return measure.noise == NoiseKind::Count && of.uniform && *of.uniform > 0 ? *of.uniform : 1;
    };
    const double scaleA = scaleOf(row.a), scaleB = scaleOf(row.b);
    const bool intervals = row.a.interval && row.b.interval;
    const auto noiseA = intervals ? deviationOf(*row.a.interval) : observedNoise(measure.noise, row.a);
    const auto noiseB = intervals ? deviationOf(*row.b.interval) : observedNoise(measure.noise, row.b);
    const auto within = [](double value, const std::pair<double, double>& interval, double scale) {
        return value >= interval.first / scale && value <= interval.second / scale;
    };
    a /= scaleA;
    b /= scaleB;
    if (noiseA && noiseB)
        remark.noise = std::hypot(*noiseA / scaleA, *noiseB / scaleB);
    if (scaleA != 1 && remark.uniform)
        remark.uniform = 1;
    remark.value = a;
    remark.other = b;
    if (a == b)
        return false;
    auto beyond = judge(remark, b, a);
    if (beyond && intervals && (within(a, *row.b.interval, scaleB) || within(b, *row.a.interval, scaleA)))
        beyond = false;
    return beyond;
}

/// What is told once: an expert of a site and a label value, else a measure.
std::string placeOf(const ResultRow& row)
{
    if (!row.expert || row.extreme)
        return row.metric;
    return std::to_string(row.site ? row.site->value : -1) + ' ' + std::to_string(row.expert->value) + ' '
        + (row.label ? row.label->first + '=' + row.label->second : "");
}

bool comesFirst(const Remark& a, const Remark& b)
{
    return std::pair(a.noise.has_value(), a.score) > std::pair(b.noise.has_value(), b.score);
}

std::vector<Remark> inTurns(std::vector<Remark> candidates, std::size_t most)
{
    std::ranges::stable_sort(candidates, comesFirst);
    std::vector<std::string> families; // by their first remark
    std::map<std::string, std::vector<Remark>> byFamily;
    for (const Remark& remark : candidates) {
        auto& family = byFamily[familyOf(*remark.row)];
        if (family.empty())
            families.push_back(familyOf(*remark.row));
        family.push_back(remark);
    }
    std::vector<Remark> told;
    std::map<std::string, std::size_t> next;
    std::set<std::string> places;
    for (std::size_t turn = 0; turn < kMostOfMetric; ++turn) {
        for (const std::string& family : families) {
            const auto& list = byFamily[family];
            std::size_t& at = next[family];
            while (at < list.size() && places.contains(placeOf(*list[at].row)))
                ++at;
            if (at == list.size() || told.size() == most)
                continue;
            places.insert(placeOf(*list[at].row));
            told.push_back(list[at]);
        }
    }
    return told;
}

/// Rows of A and B, or rows alone: judges those that are told.
template <class Rows, class RowOf, class Complete>
Remarks remarksOnRows(const Rows& rows, std::size_t most, RowOf rowOf, Complete complete)
{
    std::set<std::string> ofSites; // measures with a number for each site
    for (const auto& row : rows) {
        if (rowOf(row).site)
            ofSites.insert(rowOf(row).metric);
    }
    Remarks remarks;
    std::vector<Remark> candidates;
    for (const auto& row : rows) {
        const ResultRow& key = rowOf(row);
        const ToldMeasure* const measure = toldMeasure(key.metric);
        if (!measure || !complete(row) || key.other.contains("position") || (!key.site && ofSites.contains(key.metric)))
            continue;
        Remark remark;
        const auto beyond = judge(remark, row, *measure);
        remarks.judged += beyond.has_value();
        if (!beyond.value_or(false))
            continue;
        ++remarks.beyond;
        candidates.push_back(remark);
    }
    remarks.told = inTurns(std::move(candidates), most);
    return remarks;
}

}

std::string familyOf(const ResultRow& row)
{
    return row.metric.substr(0, row.metric.find('.'));
}

Remarks remarksOn(const Results& results, std::size_t most)
{
    return remarksOnRows(
        results.rows, most, [](const ResultRow& row) -> const ResultRow& { return row; },
        [](const ResultRow& row) { return row.value && row.uniform; });
}

Remarks remarksOn(const Comparison& comparison, std::size_t most)
{
    return remarksOnRows(
        comparison.rows, most, [](const ComparedRow& row) -> const ResultRow& { return row.a; },
        [](const ComparedRow& row) { return row.a.value && row.b.value; });
}

std::optional<bool> beyondNoise(const ComparedRow& row)
{
    const ToldMeasure* const measure = toldMeasure(row.a.metric);
    if (!measure || !row.a.value || !row.b.value)
        return std::nullopt;
    Remark remark;
    return judge(remark, row, *measure);
}

}
