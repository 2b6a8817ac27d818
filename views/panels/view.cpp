// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/view.h"

#include "views/charts/chart.h"
#include "views/panels/balance_panel.h"
#include "views/panels/chart_panel.h"
#include "views/panels/history_panel.h"
#include "views/panels/log_panel.h"
#include "views/panels/summary_panel.h"

#include <algorithm>

namespace expertscope {

namespace {

/// A look at each kind of question: the rest of some thirty would be tabs that nobody finds. Those beside the centre go
/// along with what is pinned in it.
constexpr struct
{
    const char* chart;
    ViewPlace place;
} kAtFirst[] = {
    {"load", ViewPlace::Centre},
    {"specialisation", ViewPlace::Centre},
    {"flow", ViewPlace::Centre},
    {"repetition", ViewPlace::Centre},
    {"timeline", ViewPlace::Centre},
    {"cache_curves", ViewPlace::Centre},
    {"coactivation", ViewPlace::Right},
    {"balance", ViewPlace::Right},
    {"tokens", ViewPlace::Bottom},
};

template <class T> View* make(Session& session, QWidget* parent)
{
    return new T(session, parent);
}

}

std::vector<ViewSpec> viewRegistry()
{
    std::vector<ViewSpec> views;
    for (const ChartSpec& chart : chartRegistry()) {
        const auto* first = std::ranges::find(kAtFirst, chart.name, [](const auto& row) { return row.chart; });
        const bool atFirst = first != std::ranges::end(kAtFirst);
        views.push_back({"chart." + QString::fromStdString(chart.name), chart.title, chart.definition,
            atFirst ? first->place : ViewPlace::Centre,
            [&chart](Session& session, QWidget* parent) { return new ChartPanel(session, chart, parent); }, atFirst,
            true});
    }
    views.push_back({"summary", "Summary", "What the trace is", ViewPlace::Left, make<SummaryPanel>});
    views.push_back(
        {"balance", "Balance table", "How evenly each layer uses its experts", ViewPlace::Left, make<BalancePanel>});
    views.push_back({"log", "Log", "What was computed, and how long it took", ViewPlace::Bottom, make<LogPanel>});
    views.push_back({"history", "History", "What was changed and where was looked: click goes there", ViewPlace::Bottom,
        make<HistoryPanel>});
    return views;
}

}
