// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/view.h"

#include "views/charts/chart.h"
#include "views/panels/balance_panel.h"
#include "views/panels/chart_panel.h"
#include "views/panels/compare_panel.h"
#include "views/panels/expert_panel.h"
#include "views/panels/remarks_panel.h"
#include "views/panels/selection_panel.h"
#include "views/panels/summary_panel.h"
#include "views/panels/token_panels.h"

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
    views.push_back({"selection", "Selection", "What is pinned, or what the filters leave, in numbers", ViewPlace::Right,
        make<SelectionPanel>});
    views.push_back({"expert", "Expert card", "What the pinned expert does: its tokens, contexts, labels, neighbours",
        ViewPlace::Right, make<ExpertPanel>});
    views.push_back({"remarkable", "Remarkable", "The facts farthest beyond chance, in words", ViewPlace::Left,
        make<RemarksPanel>});
    for (const ChartSpec& chart : chartRegistry()) {
        const bool centre = chart.name == kCentre;
        views.push_back({"chart." + QString::fromStdString(chart.name), chart.title, chart.definition,
            centre ? ViewPlace::Centre : ViewPlace::Right,
            [&chart](Session& session, QWidget* parent) { return new ChartPanel(session, chart, parent); },
            centre || std::ranges::find(kAtFirst, chart.name) != std::ranges::end(kAtFirst)});
    }
    views.push_back({"tokens.text", "Text", "The text of the trace, each token coloured by what a router does with it",
        ViewPlace::Right, make<TokenTextPanel>});
    views.push_back({"tokens.timeline", "Text timeline", "The sequence at the cursor of the text over layers, or over experts",
        ViewPlace::Right, make<TokenTimelinePanel>});
    views.push_back({"summary", "Summary", "What the trace is", ViewPlace::Left, make<SummaryPanel>});
    views.push_back(
        {"balance", "Balance table", "How evenly each layer uses its experts", ViewPlace::Left, make<BalancePanel>});
    views.push_back({"compare", "Compare", "Two filters of a trace, or two traces: side by side, difference, ratio, lists",
        ViewPlace::Right, make<ComparePanel>, false});
    return views;
}

}
