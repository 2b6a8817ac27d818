// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/comparison.h"

#include "analysis/results/csv_writer.h"
#include "analysis/results/json_text.h"
#include "analysis/results/json_writer.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>

namespace expertscope::results {

namespace {

using Interval = std::pair<double, double>;

Interval differenceInterval(double a, const Interval& ofA, double b, const Interval& ofB)
{
    const double difference = b - a;
    return {
        difference - std::hypot(b - ofB.first, ofA.second - a), difference + std::hypot(ofB.second - b, a - ofA.first)};
}

std::string csvNumber(const std::optional<double>& value)
{
    return value ? numberText(*value) : std::string();
}

std::string csvInterval(const std::optional<Interval>& interval)
{
    return interval ? numberText(interval->first) + "," + numberText(interval->second) : ",";
}

std::string undefinedOf(const ComparedRow& row)
{
    std::string text;
    if (!row.a.value && !row.a.undefined.empty())
        text = "A: " + row.a.undefined;
    if (!row.b.value && !row.b.undefined.empty())
        text += (text.empty() ? "B: " : "; B: ") + row.b.undefined;
    return text;
}

}

Comparison compareResults(const Results& a, const Results& b)
{
    Comparison comparison;
    std::map<RowKey, std::vector<const ResultRow*>> ofB;
    for (const ResultRow& row : b.rows)
        ofB[keyOf(row)].push_back(&row);
    std::set<const ResultRow*> taken;
    std::map<RowKey, std::size_t> used; // rows that share a key stand in the same order in both
    for (const ResultRow& row : a.rows) {
        const RowKey key = keyOf(row);
        const auto found = ofB.find(key);
        const std::size_t place = used[key]++;
        if (found == ofB.end() || place >= found->second.size()) {
            comparison.onlyA.push_back(row);
            continue;
        }
        const ResultRow& partner = *found->second[place];
        taken.insert(&partner);
        ComparedRow compared{row, partner, {}, {}};
        if (row.value && partner.value) {
            compared.difference = *partner.value - *row.value;
            if (row.interval && partner.interval)
                compared.interval = differenceInterval(*row.value, *row.interval, *partner.value, *partner.interval);
        }
        comparison.rows.push_back(std::move(compared));
    }
    for (const ResultRow& row : b.rows) {
        if (!taken.contains(&row))
            comparison.onlyB.push_back(row);
    }
    return comparison;
}

bool sameNumbers(const ComparedRow& row)
{
    return row.a.value == row.b.value && row.a.n == row.b.n;
}

bool sameNumbers(const Comparison& comparison)
{
    return comparison.onlyA.empty() && comparison.onlyB.empty()
        && std::ranges::all_of(comparison.rows, [](const ComparedRow& row) { return sameNumbers(row); });
}

Expected<void> checkComputed(const Comparison& comparison)
{
    Results all = comparison.both;
    for (const ComparedRow& row : comparison.rows)
        all.rows.insert(all.rows.end(), {row.a, row.b});
    for (const auto* rows : {&comparison.onlyA, &comparison.onlyB})
        all.rows.insert(all.rows.end(), rows->begin(), rows->end());
    if (all.rows.empty() && !comparison.notBoth.empty())
        return fail("nothing of what was asked for could be computed: " + comparison.notBoth);
    return checkComputed(all);
}

void writeComparisonJson(std::ostream& out, const Comparison& comparison)
{
    out << "{\"format\": \"expertscope-comparison\",\n \"format_version\": " << quotedJson(kResultsFormatVersion)
        << ",\n ";
    writeOriginJson(out, comparison.origin);
    out << ",\n \"intervals\": " << quotedJson(kDifferenceInterval) << ",\n \"rows\": [";
    const char* separator = "\n  {";
    for (const ComparedRow& row : comparison.rows) {
        out << separator;
        writeRowKeyJson(out, row.a, comparison.origin);
        const std::string undefined = undefinedOf(row);
        out << ", \"unit\": " << quotedJson(row.a.unit) << ", \"a\": " << numberOrNull(row.a.value)
            << ", \"b\": " << numberOrNull(row.b.value) << ", \"difference\": " << numberOrNull(row.difference)
            << ", \"interval\": " << intervalJson(row.interval) << ", \"interval_a\": " << intervalJson(row.a.interval)
            << ", \"interval_b\": " << intervalJson(row.b.interval) << ", \"n_a\": " << row.a.n
            << ", \"n_b\": " << row.b.n << ", \"uniform_a\": " << numberOrNull(row.a.uniform)
            << ", \"uniform_b\": " << numberOrNull(row.b.uniform) << ", \"uniform_sd_a\": " << numberOrNull(row.a.uniformSd)
            << ", \"uniform_sd_b\": " << numberOrNull(row.b.uniformSd)
            << ", \"undefined\": " << (undefined.empty() ? "null" : quotedJson(undefined)) << '}';
        separator = ",\n  {";
    }
    const auto list = [&](const char* name, const std::vector<ResultRow>& rows) {
        out << "\n ],\n \"" << name << "\": [";
        const char* before = "\n  ";
        for (const ResultRow& row : rows) {
            out << before;
            writeRowJson(out, row, comparison.origin);
            before = ",\n  ";
        }
    };
    list("only_a", comparison.onlyA);
    list("only_b", comparison.onlyB);
    list("both", comparison.both.rows);
    out << "\n ],\n \"not_both\": " << (comparison.notBoth.empty() ? "null" : quotedJson(comparison.notBoth)) << "}\n";
}

void writeComparisonCsv(std::ostream& out, const Comparison& comparison)
{
    writeOriginCsv(out, comparison.origin);
    out << "# interval " << kDifferenceInterval << '\n';
    if (!comparison.notBoth.empty())
        out << "# metrics of both: " << comparison.notBoth << '\n';
    out << kRowKeyCsv << ",a,b,difference,interval_low,interval_high,unit,n_a,n_b,"
           "uniform_a,uniform_b,uniform_sd_a,uniform_sd_b,interval_a_low,interval_a_high,interval_b_low,interval_b_high,undefined\n";
    const auto line = [&](const ComparedRow& row, const ResultRow& key, const std::string& undefined) {
        writeRowKeyCsv(out, key, comparison.origin);
        out << ',' << csvNumber(row.a.value) << ',' << csvNumber(row.b.value) << ',' << csvNumber(row.difference) << ','
            << csvInterval(row.interval) << ',' << csvField(key.unit) << ',' << row.a.n << ',' << row.b.n << ','
            << csvNumber(row.a.uniform) << ',' << csvNumber(row.b.uniform) << ','
            << csvNumber(row.a.uniformSd) << ',' << csvNumber(row.b.uniformSd) << ',' << csvInterval(row.a.interval) << ','
            << csvInterval(row.b.interval) << ',' << csvField(undefined) << '\n';
    };
    for (const ComparedRow& row : comparison.rows)
        line(row, row.a, undefinedOf(row));
    for (const ResultRow& row : comparison.onlyA)
        line({row, {}, {}, {}}, row, "only in A");
    for (const ResultRow& row : comparison.onlyB)
        line({{}, row, {}, {}}, row, "only in B");
}

}
