// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/quota_tables.h"

#include "analysis/what_if/contract_text.h"
#include "app/cli/terminal/table.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

using namespace simulation;

std::string quotaTables(const EventSet& events, const std::vector<QuotaCurve>& curves,
    const std::vector<std::uint32_t>& capacities, std::size_t width)
{
    TextTable rates, ranges;
    for (TextTable* table : {&rates, &ranges})
        table->addColumn("slots", TextTable::Align::Right, true);
    bool exact = true;
    for (const QuotaCurve& curve : curves) {
        rates.addColumn(printable(policyText(curve.policy)), TextTable::Align::Right);
        ranges.addColumn(printable(policyText(curve.policy)), TextTable::Align::Right);
    }
    for (std::size_t c = 0; c < capacities.size(); ++c) {
        std::vector<std::string> rate{std::to_string(capacities[c])}, range = rate;
        for (const QuotaCurve& curve : curves) {
            const Quotas& quotas = curve.best[c];
            exact &= quotas.exact;
            rate.push_back(
                curve.requests ? format("%.4f", 1 - double(quotas.misses) / double(curve.requests)) : "-");
            const auto [least, most] = std::ranges::minmax(quotas.capacities);
            range.push_back(std::to_string(least) + "-" + std::to_string(most));
        }
        rates.addRow(std::move(rate));
        ranges.addRow(std::move(range));
    }
    return wrapped("Quotas: hit rate with as many slots in all, divided among the "
                   + std::to_string(events.pools.size())
                   + " pools so that fewest requests miss (known afterwards: a bound)",
               width, 2)
        + rates.toString(width) + "\nSlots of the pools, fewest-most\n" + ranges.toString(width)
        + (exact ? "" : wrapped("Some divisions are by the gain a slot: not always the best.", width, 2));
}

}
