// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/view.h"

#include "views/charts/chart.h"
#include "views/panels/balance_panel.h"
#include "views/panels/capture_panel.h"
#include "views/panels/chart_panel.h"
#include "views/panels/compare_panel.h"
#include "views/panels/expert_panel.h"
#include "views/panels/history_panel.h"
#include "views/panels/log_panel.h"
#include "views/panels/playground_panel.h"
#include "views/panels/remarks_panel.h"
#include "views/panels/selection_panel.h"
#include "views/panels/slots_panel.h"
#include "views/panels/summary_panel.h"
#include "views/panels/token_panels.h"
#include "views/panels/what_if_panels.h"

#include <QVBoxLayout>

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
    {"cache_curves", ViewPlace::Centre},
    {"coactivation", ViewPlace::Right},
    {"balance", ViewPlace::Right},
};

template <class T> View* make(Session& session, QWidget* parent)
{
    return new T(session, parent);
}

}

void View::hold(QWidget* content)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(content);
    setFocusProxy(content);
}

std::vector<ViewSpec> viewRegistry()
{
    std::vector<ViewSpec> views;
    views.push_back({"selection", "Selection", "What is pinned, or what the filters leave, in numbers", ViewPlace::Right,
        make<SelectionPanel>});
    views.push_back({"expert", "Expert card", "What the pinned expert does: its tokens, contexts, labels, neighbours",
        ViewPlace::Right, make<ExpertPanel>});
    views.push_back({"remarkable", "Remarkable", "The facts farthest beyond chance, in words", ViewPlace::Left,
        make<RemarksPanel>});
    for (const ChartSpec& chart : chartRegistry()) {
        const auto* first = std::ranges::find(kAtFirst, chart.name, [](const auto& row) { return row.chart; });
        const bool atFirst = first != std::ranges::end(kAtFirst);
        views.push_back({"chart." + QString::fromStdString(chart.name), chart.title, chart.definition,
            atFirst ? first->place : ViewPlace::Centre,
            [&chart](Session& session, QWidget* parent) { return new ChartPanel(session, chart, parent); }, atFirst,
            true});
    }
    views.push_back({"tokens.text", "Text", "The text of the trace, each token coloured by what a router does with it",
        ViewPlace::Centre, make<TokenTextPanel>});
    views.push_back({"tokens.timeline", "Text timeline", "The sequence at the cursor of the text over layers, or over experts",
        ViewPlace::Bottom, make<TokenTimelinePanel>});
    views.push_back({"what_if", "Cache what-if", "What if a cache held so many experts: all policies, the optima, a line to drag",
        ViewPlace::Centre, make<CacheWhatIfPanel>, false});
    views.push_back({"what_if.hardware", "Hardware", "What the cache of the what-if is worth on a machine, modelled",
        ViewPlace::Right, make<HardwareWhatIfPanel>, false});
    views.push_back({"what_if.slots", "Slots by layer", "How the what-if's slots are best divided among the layers",
        ViewPlace::Right, make<SlotsPanel>, false});
    views.push_back({"what_if.placement", "Placement what-if",
        "What if experts lay on so many GPUs: all planners, loads, who sends to whom", ViewPlace::Centre,
        make<PlacementWhatIfPanel>, false});
    views.push_back({"summary", "Summary", "What the trace is", ViewPlace::Left, make<SummaryPanel>});
    views.push_back(
        {"balance", "Balance table", "How evenly each layer uses its experts", ViewPlace::Left, make<BalancePanel>});
    views.push_back({"compare", "Compare", "Two filters of a trace, or two traces: side by side, difference, ratio, lists",
        ViewPlace::Centre, make<ComparePanel>, false});
    views.push_back({"playground", "Playground", "Type a prompt and see where its tokens go", ViewPlace::Centre,
        make<PlaygroundPanel>, false});
    views.push_back({"capture", "Capture", "Record what a model's routers do with prompts, and watch it", ViewPlace::Right,
        make<CapturePanel>, false});
    views.push_back({"log", "Log", "What was computed, and how long it took", ViewPlace::Bottom, make<LogPanel>});
    views.push_back({"history", "History", "What was changed and where was looked: click goes there", ViewPlace::Bottom,
        make<HistoryPanel>});
    return views;
}

}
