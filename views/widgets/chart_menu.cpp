// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/chart_menu.h"

#include "io/base/named.h"
#include "views/charts/wording.h"
#include "views/widgets/chart_view.h"

#include <QMenu>

namespace expertscope {

namespace {

constexpr const char *kPanels = "panels", *kSite = "site"; ///< options that charts share

void addSubject(QMenu& menu, ChartView& view, Session& session)
{
    const Subject at = view.widget()->subject();
    const RoutingShape* shape = session.filters().shape();
    if (at.empty() || !shape)
        return;
    for (const bool keep : {true, false}) {
        const auto step = filterOf(at, keep, *shape);
        if (!step)
            continue;
        const bool expert = std::holds_alternative<ExpertAt>(step->what);
        const QString what = filterText({step->what, true}, *shape);
        menu.addAction(
            QString(keep ? "Keep the tokens " : "Drop the tokens ") + (expert ? "that chose " + what : "of " + what),
            &session.filters(), [&session, step = *step] { session.filters().add(step); });
    }
    menu.addAction(session.selection().pinned(at) ? "Unpin" : "Pin", &view,
        [&view, &session, at] { session.selection().pin(at, &view); });
    menu.addSeparator();
    menu.addAction("Copy readout", &view, &ChartView::copyReadout);
}

/// Of the same chart beside it: as it is, or of another layer where it is of one.
void addDuplicates(QMenu& menu, ChartView& view, const RoutingShape& shape)
{
    QMenu* duplicates = menu.addMenu("Duplicate for…");
    duplicates->menuAction()->setObjectName("menu.duplicate");
    const auto add = [&](const QString& text, std::map<std::string, std::string> options) {
        duplicates->addAction(text, &view, [&view, options] { emit view.duplicateRequested(options); });
    };
    add("These options", {});
    if (!named(view.state().chart().options, kSite))
        return;
    duplicates->addSeparator();
    for (std::size_t site = 0; site < shape.sites.size(); ++site)
        add(siteText(shape, SiteIndex(std::uint16_t(site))), {{kSite, std::to_string(site)}});
}

void addMultiples(QMenu& menu, ChartView& view, const RoutingShape& shape, std::size_t traces)
{
    if (!named(view.state().chart().options, kPanels))
        return;
    const std::string now = view.state().options().text(kPanels);
    QMenu* multiples = menu.addMenu("Small multiples by…");
    multiples->menuAction()->setObjectName("menu.multiples");
    const auto add = [&](const QString& text, const std::string& value) {
        QAction* action =
            multiples->addAction(text, &view, [&view, value] { (void)view.state().setOption(kPanels, value); });
        action->setCheckable(true);
        action->setChecked(value == now);
    };
    add("None", named(view.state().chart().options, kPanels)->standard);
    add("Layers", "layers");
    for (const Label& label : shape.labels)
        add("Label " + QString::fromStdString(label.name), "label:" + label.name);
    if (traces > 1)
        add("Traces", "traces");
}

}

void fillChartMenu(QMenu& menu, ChartView& view, Session& session)
{
    if (!session.study())
        return;
    addSubject(menu, view, session);
    const auto add = [&](const QString& text, const char* id) {
        QAction* action = menu.addAction(text, &view, [&view, id] { emit view.actionRequested(id); });
        action->setEnabled(view.chart() != nullptr);
    };
    add("Export…", "file.export");
    add("Copy picture", "edit.copyPicture");
    add("Copy numbers", "edit.copyTable");
    add("Copy as command line", "edit.copyCommand");
    menu.addSeparator();
    const RoutingShape& shape = session.shape();
    addDuplicates(menu, view, shape);
    addMultiples(menu, view, shape, session.study()->traces().size());
    menu.addAction("Options", &view, &ChartView::focusOptions);
    menu.addSeparator();
    menu.addAction("Fit", view.widget(), &ChartWidget::fit)->setEnabled(view.widget()->isZoomed());
    add("Maximise", "view.maximise");
    add("What is this?", "help.definition");
}

}
