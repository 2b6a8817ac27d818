// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/view.h"

#include "views/charts/chart.h"
#include "views/panels/balance_panel.h"
#include "views/panels/chart_panel.h"
#include "views/panels/compare_panel.h"
#include "views/panels/summary_panel.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kCentre = "load"; ///< the chart that the others are picked from
/// A look at each kind of question: the rest of some thirty would be tabs that nobody finds.
constexpr const char* kAtFirst[] = {"balance", "specialisation", "coactivation", "flow", "repetition", "tokens", "timeline",
    "cache_curves"};

template <class T> View* make(Session& session, QWidget* parent)
{
    return new T(session, parent);
}

}

std::vector<ViewSpec> viewRegistry()
{
    std::vector<ViewSpec> views;
    for (const ChartSpec& chart : chartRegistry()) {
        const bool centre = chart.name == kCentre;
        views.push_back({"chart." + QString::fromStdString(chart.name), chart.title, chart.definition,
            centre ? ViewPlace::Centre : ViewPlace::Right,
            [&chart](Session& session, QWidget* parent) { return new ChartPanel(session, chart, parent); },
            centre || std::ranges::find(kAtFirst, chart.name) != std::ranges::end(kAtFirst)});
    }
    views.push_back({"summary", "Summary", "What the trace is", ViewPlace::Left, make<SummaryPanel>});
    views.push_back(
        {"balance", "Balance table", "How evenly each layer uses its experts", ViewPlace::Left, make<BalancePanel>});
    views.push_back({"compare", "Compare", "Two filters of a trace, or two traces: side by side, difference, ratio, lists",
        ViewPlace::Right, make<ComparePanel>, false});
    return views;
}

}
