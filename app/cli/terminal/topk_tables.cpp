// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/topk_tables.h"

#include "analysis/what_if/byte_sizes.h"
#include "app/cli/terminal/table.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

using namespace topk;

namespace {

/// "recorded", "keep 3", "share 0.9".
std::string nameOfCut(const Cut& cut)
{
    return cut.by == Cut::By::None ? "recorded" : nameOf(cut.by) + ' ' + format("%g", cut.amount);
}

std::string percent(double sum, std::uint64_t n)
{
    return n ? format("%.2f %%", 100 * sum / double(n)) : "-";
}

std::string wholeTable(const TopkAnswer& answer, std::size_t width)
{
    const SiteCounts all = wholeModel(answer);
    TextTable table;
    table.addColumn("cut", TextTable::Align::Left, true);
    table.addColumn("experts", TextTable::Align::Right);
    table.addColumn("same set", TextTable::Align::Right);
    if (answer.weights)
        table.addColumn("lost weight", TextTable::Align::Right);
    if (answer.logits)
        table.addColumn("lost prob.", TextTable::Align::Right);
    if (answer.expertBytes)
        table.addColumn("MiB saved/token", TextTable::Align::Right);
    for (std::size_t c = 0; c < answer.cuts.size(); ++c) {
        const CutCounts& cut = all.cuts[c];
        std::vector<std::string> cells{nameOfCut(answer.cuts[c]),
            all.tokens ? format("%.3f", double(cut.kept) / double(all.tokens)) : "-",
            percent(double(cut.same), all.choosing)};
        if (answer.weights)
            cells.push_back(percent(cut.lostWeight.sum(), all.weighed));
        if (answer.logits)
            cells.push_back(percent(cut.lostProbability.sum(), all.scored));
        if (answer.expertBytes) {
            const double saved = double(all.choices - cut.kept) * *answer.expertBytes / (1024 * 1024);
            const std::uint64_t tokens = answer.counts.front().tokens;
            cells.push_back(tokens ? format("%.2f", saved / double(tokens)) : "-");
        }
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

/// Of the first policy or another: hit rates and misses a token at each size.
std::string cacheTable(
    const TopkAnswer& answer, const Results& results, const std::string& policy, std::size_t width)
{
    const auto number = [](const ResultRow& row, const char* param) {
        const auto found = row.params.find(param);
        return found == row.params.end() ? 0 : std::get<double>(found->second);
    };
    const auto cell = [&](const char* metric, const Cut& cut, std::uint32_t capacity, const char* pattern) {
        for (const ResultRow& row : results.rows) {
            if (row.site || row.metric != metric || std::get<std::string>(row.params.at("policy")) != policy
                || std::get<std::string>(row.params.at("cut")) != nameOf(cut.by)
                || number(row, "capacity") != capacity
                || (cut.by != Cut::By::None && number(row, nameOf(cut.by).c_str()) != cut.amount))
                continue;
            return row.value ? format(pattern, *row.value) : std::string("-");
        }
        return std::string("-");
    };
    TextTable table;
    table.addColumn("cut", TextTable::Align::Left, true);
    for (const std::uint32_t capacity : answer.capacities) {
        table.addColumn("hits @" + std::to_string(capacity), TextTable::Align::Right);
        table.addColumn("misses", TextTable::Align::Right, false, true);
    }
    for (const Cut& cut : answer.cuts) {
        std::vector<std::string> cells{nameOfCut(cut)};
        for (const std::uint32_t capacity : answer.capacities) {
            cells.push_back(cell("cache.hit_rate", cut, capacity, "%.4f"));
            cells.push_back(cell("cache.misses_per_token", cut, capacity, "%.3f"));
        }
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

/// Weight that tokens of each site lose, or where there is none, the experts they keep.
std::string siteTable(const TopkAnswer& answer, const RoutingShape& shape, std::size_t width)
{
    TextTable table;
    table.addColumn("site", TextTable::Align::Right, true);
    table.addColumn("layer", TextTable::Align::Right, true);
    for (std::size_t c = 1; c < answer.cuts.size(); ++c)
        table.addColumn(nameOfCut(answer.cuts[c]), TextTable::Align::Right);
    for (std::size_t s = 0; s < answer.sites.size(); ++s) {
        const SiteCounts& site = answer.counts[s];
        std::vector<std::string> cells{std::to_string(std::size_t(answer.sites[s])),
            std::to_string(shape.sites[std::size_t(answer.sites[s])].layer)};
        for (std::size_t c = 1; c < answer.cuts.size(); ++c)
            cells.push_back(answer.weights ? percent(site.cuts[c].lostWeight.sum(), site.weighed)
                    : site.tokens          ? format("%.3f", double(site.cuts[c].kept) / double(site.tokens))
                                           : "-");
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

}

std::string topkTables(
    const TopkAnswer& answer, const Results& results, const RoutingShape& shape, std::size_t width)
{
    const auto lines = [&](const std::string& line) { return wrapped(line, width, 2); };
    std::string text = '\n' + lines("Fewer experts a token, the whole model") + wholeTable(answer, width);
    if (answer.cuts.size() > 1)
        text += '\n' + lines(answer.weights ? "Lost weight by site" : "Experts a token keeps, by site")
            + siteTable(answer, shape, width);
    std::vector<std::string> policies;
    for (const ResultRow& row : results.rows) {
        if (row.metric != "cache.hit_rate")
            continue;
        const auto& policy = std::get<std::string>(row.params.at("policy"));
        if (std::ranges::find(policies, policy) == policies.end())
            policies.push_back(policy);
    }
    for (const std::string& policy : policies)
        text += '\n' + lines("Cache, " + printable(policy) + ": hit rate, and misses a token, by slots of a pool")
            + cacheTable(answer, results, policy, width);
    text += '\n';
    text += lines("keep: a token's first so many slots. share: the fewest experts that hold so much of its weights"
                  + std::string(answer.logits ? "; probability: of the router's probability over all experts" : "")
                  + ". same set: tokens, at a site, that lose nothing. lost weight: share of a token's weights, mean.");
    text += lines("What this does to the model's answers is not in a trace, and the hidden states stay as recorded.");
    const SiteCounts all = wholeModel(answer);
    if (answer.weights && all.weighed < all.choosing)
        text += lines(format("%.3g %% of the tokens", 100.0 * double(all.choosing - all.weighed) / double(all.choosing))
            + " have weights that are not finite, negative or all 0: no share of them is known.");
    if (!answer.weights)
        text += lines("The trace has no weights: what is lost is not known.");
    if (answer.expertBytes)
        text += lines("MiB saved/token: weights of experts that are not read, " + sizeText(*answer.expertBytes)
            + " each, all sites.");
    if (answer.caches.empty())
        text += lines("No caches: " + answer.noCaches + '.');
    if (answer.cutCapacities)
        text += lines("Capacities above " + std::to_string(answer.poolSize) + ", all experts of a pool, are shown as that.");
    if (answer.unequal)
        text += lines("The pools are of different sizes; percentages are of the largest.");
    if (all.choosing == 0)
        text += lines("Nothing was asked for: no token of the selection routes to an expert.");
    return text;
}

}
