// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/residency_tables.h"

#include "analysis/what_if/contract_text.h"
#include "app/cli/terminal/table.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

using namespace simulation;

namespace {

constexpr std::size_t kShown = 15;

struct ExpertLine
{
    SiteIndex site;
    std::uint32_t expert = 0;
    const ObjectResidency* counts = nullptr;
    std::optional<double> held; ///< share of the steps; none: there are none
    std::size_t sites = 1; ///< of its pool
};

}

std::string residencyTable(
    const RoutingShape& shape, const EventSet& events, const CacheResidency& residency, std::size_t width)
{
    std::vector<ExpertLine> lines;
    for (std::size_t p = 0; p < events.pools.size(); ++p) {
        const EventStream& pool = events.pools[p];
        const PoolResidency& of = residency.pools[p];
        for (std::size_t s = 0; s < pool.sites.size(); ++s) {
            for (std::uint32_t object = pool.firstObject[s]; object < pool.firstObject[s + 1]; ++object)
                lines.push_back({pool.sites[s], object - pool.firstObject[s], &of.objects[object],
                    of.events ? std::optional(of.heldShare(object)) : std::nullopt, pool.sites.size()});
        }
    }
    std::ranges::stable_sort(lines, std::greater(), [](const ExpertLine& line) { return line.counts->loads(); });
    TextTable table;
    table.addColumn("layer", TextTable::Align::Right, true);
    table.addColumn("expert", TextTable::Align::Right, true);
    for (const char* column : {"requests", "hit rate", "loads", "resident", "steps a load stays"})
        table.addColumn(column, TextTable::Align::Right);
    std::size_t never = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const ExpertLine& line = lines[i];
        const ObjectResidency& of = *line.counts;
        never += of.loads() == 0;
        if (i >= kShown || of.requests == 0)
            continue;
        table.addRow({std::to_string(shape.sites[std::size_t(line.site)].layer), std::to_string(line.expert),
            std::to_string(of.requests), format("%.4f", of.hitRate()),
            std::to_string(of.loads()), line.held ? format("%.1f %%", 100 * *line.held) : "-",
            of.loads() ? format("%.1f", of.stay(line.sites)) : "-"});
    }
    std::string text = wrapped("Experts by how often " + printable(policyText(residency.policy)) + " with "
            + std::to_string(residency.capacity) + " slots loads them; resident: share of steps after which it is",
        width, 2);
    text += table.toString(width);
    if (lines.size() > kShown)
        text += wrapped("Of " + std::to_string(lines.size()) + " experts; " + std::to_string(never)
                + " are never loaded. All: --format csv, json or hdf5.",
            width, 2);
    return text;
}

}
