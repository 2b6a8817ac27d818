// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/workspace/workspace_window.h"

#include "app/desktop/main_window.h"
#include "views/session/subject_text.h"

#include <QDir>
#include <QFileInfo>

namespace expertscope {

namespace {

QString missingWords(const FilterStep& step)
{
    if (const auto* label = std::get_if<LabelFilter>(&step.what))
        return QString("the filter %1=%2")
            .arg(QString::fromStdString(label->label), QString::fromStdString(label->value));
    if (const auto* at = std::get_if<ExpertAt>(&step.what))
        return QString("the filter router %1, expert %2").arg(at->site.value).arg(at->expert.value);
    if (const auto* set = std::get_if<ExpertSet>(&step.what))
        return "the filter of experts " + QString::fromStdString(set->name.empty() ? expertsText(*set) : set->name);
    return QStringLiteral("the filter of a range of tokens");
}

/// Filters and pins of the trace that is open, and sets of its experts.
QStringList applyToSession(Session& session, const Workspace& workspace)
{
    QStringList missing;
    const RoutingShape& shape = session.shape();
    std::vector<FilterStep> steps;
    for (const FilterStep& step : workspace.filters) {
        if (fits(step, shape))
            steps.push_back(step);
        else
            missing << missingWords(step);
    }
    session.filters().replace(std::move(steps), "filters of the workspace");
    std::vector<Subject> pins;
    for (const Subject& pin : workspace.pins) {
        if (fits(pin, shape))
            pins.push_back(pin);
        else
            missing << "a pin";
    }
    session.selection().setPins(std::move(pins), nullptr, "pins of the workspace");
    session.sets().merge(workspace.sets);
    return missing;
}

QStringList applyViews(ShownViews& views, const Workspace& workspace, bool narrow)
{
    QStringList missing, tabs, docks;
    views.restoreSize();
    views.closeDuplicates();
    for (const WorkspaceView& view : workspace.views) {
        const bool copy = view.id.contains('#');
        if (copy ? views.duplicate(view.id, {}, view.place, view.id).isEmpty() : !views.spec(view.id)) {
            missing << "the view " + view.id;
            continue;
        }
        views.setPlace(view.id, view.place);
        missing += views.view(view.id)->restore(view.state);
        if (view.shown)
            (view.place == ViewPlace::Centre ? tabs : docks) << view.id;
    }
    views.arrange(tabs, docks);
    if (!workspace.docks.isEmpty() && workspace.narrow == narrow)
        views.docks().restore(workspace.docks);
    if (tabs.contains(workspace.current))
        views.show(workspace.current);
    return missing;
}

/// Traces that are open are those it was saved with.
QStringList otherTraces(const Session& session, const Workspace& workspace)
{
    QStringList other;
    const auto& traces = session.study()->traces();
    for (std::size_t i = 0; i < workspace.traces.size(); ++i) {
        const TraceRef& ref = workspace.traces[i];
        const QString name = QFileInfo(ref.path).fileName();
        if (i >= traces.size())
            other << "the trace " + name;
        else if (!ref.uuid.isEmpty() && QString::fromStdString(traces[i].summary.uuid) != ref.uuid)
            other << QString("the trace %1 (%2 is shown instead)").arg(name, QString::fromStdString(traces[i].name));
    }
    return other;
}

}

Workspace workspaceOf(MainWindow& window, const QString& path)
{
    Workspace workspace;
    const QDir folder = QFileInfo(path).absoluteDir();
    Session& session = window.session();
    workspace.title = QFileInfo(path).fileName().section('.', 0, 0);
    for (const NamedTrace& trace : session.study()->traces())
        workspace.traces.push_back(
            {folder.relativeFilePath(QFileInfo(QString::fromStdString(trace.path.string())).absoluteFilePath()),
                QString::fromStdString(trace.summary.uuid)});
    workspace.filters = session.filters().steps();
    workspace.pins = session.selection().pins();
    workspace.sets = session.sets().sets();
    ShownViews& views = window.views();
    const QStringList shown = views.shownIds();
    for (const QString& id : shown)
        workspace.views.push_back({id, views.placeOf(id), true, views.view(id)->state()});
    // Closed ones keep their options, too.
    for (const QString& id : views.ids()) {
        const View* view = views.made(id);
        if (!view || shown.contains(id))
            continue;
        if (const QJsonObject state = view->state(); !state.isEmpty())
            workspace.views.push_back({id, views.placeOf(id), false, state});
    }
    workspace.current = views.currentTab();
    workspace.docks = views.docks().state();
    workspace.narrow = views.docks().isNarrow();
    return workspace;
}

QStringList applyWorkspace(MainWindow& window, const Workspace& workspace)
{
    QStringList missing = otherTraces(window.session(), workspace);
    missing += applyToSession(window.session(), workspace);
    return missing + applyViews(window.views(), workspace, window.views().docks().isNarrow());
}

}
