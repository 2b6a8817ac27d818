// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/sets_menu.h"

#include "views/session/session.h"

#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QTimer>
#include <QWidgetAction>

namespace expertscope {

namespace {

constexpr const char* kFiles = "Sets of experts (*.json);;All files (*)";

std::vector<ExpertAt> pinnedExperts(Session& session)
{
    std::vector<ExpertAt> experts;
    for (const Subject& pin : session.selection().pins()) {
        if (pin.site && pin.expert)
            experts.push_back({*pin.site, *pin.expert});
    }
    return experts;
}

QString expertsText(std::size_t count)
{
    return QString("%1 %2").arg(count).arg(count == 1 ? "expert" : "experts");
}

void complain(QWidget* parent, const Expected<void>& done)
{
    if (!done)
        QMessageBox::warning(parent, "Sets of experts", QString::fromStdString(done.error().message()));
}

void pinAll(Session& session, const ExpertSet& set)
{
    std::vector<Subject> subjects;
    const auto experts = expertsOf(set, *session.filters().shape());
    for (const ExpertAt& at : experts.value_or(std::vector<ExpertAt>()))
        subjects.push_back({.site = at.site, .expert = at.expert});
    session.selection().pinAll(subjects, nullptr);
}

/// A line to type the name of a new set into, in the menu itself.
void addNewSet(QMenu& menu, Session& session)
{
    const auto experts = pinnedExperts(session);
    auto* name = new QLineEdit(&menu);
    name->setObjectName("newSet");
    name->setAccessibleName("Name of a new set");
    name->setMinimumWidth(220);
    name->setEnabled(!experts.empty());
    name->setPlaceholderText(experts.empty() ? QString("Pin experts to make a set of them")
                                             : "Name of a new set of " + expertsText(experts.size()) + " …");
    QObject::connect(name, &QLineEdit::returnPressed, &menu, [&menu, &session, name, experts] {
        if (session.sets().add(name->text(), experts))
            menu.close();
        else
            name->selectAll();
    });
    if (!experts.empty()) // typing goes here; arrows go on to the menu
        QTimer::singleShot(0, name, [name] { name->setFocus(Qt::PopupFocusReason); });
    auto* action = new QWidgetAction(&menu);
    action->setDefaultWidget(name);
    menu.addAction(action);
}

void addSet(QMenu& menu, Session& session, const QString& name, const ExpertSet& set)
{
    const std::size_t size = set.experts.size() + set.ofLayers.size();
    QMenu* const of = menu.addMenu(QString(name).replace('&', "&&") + " (" + expertsText(size) + ')');
    const RoutingShape* const shape = session.filters().shape();
    const auto known = shape ? expertsOf(set, *shape) : fail("no trace is open");
    const auto add = [&](const QString& text, auto act) {
        QAction* const action = of->addAction(text, &session, act);
        action->setEnabled(known.has_value());
        return action;
    };
    if (!known)
        of->addAction(QString::fromStdString(known.error().message()))->setEnabled(false);
    add("Pin all", [&session, set] { pinAll(session, set); });
    add("Keep the tokens that chose any", [&session, set] { session.filters().add({set, true}); });
    add("Drop the tokens that chose any", [&session, set] { session.filters().add({set, false}); });
    const auto pinned = pinnedExperts(session);
    of->addSeparator();
    add("Add what is pinned", [&session, name, pinned] { (void)session.sets().add(name, pinned); })->setEnabled(!pinned.empty());
    of->addAction("Remove the set", &session, [&session, name] { session.sets().remove(name); });
}

}

void fillSetsMenu(QMenu& menu, Session& session)
{
    menu.clear();
    addNewSet(menu, session);
    const NamedExpertSets& sets = session.sets().sets();
    if (!sets.empty())
        menu.addSeparator();
    for (const auto& [name, set] : sets)
        addSet(menu, session, QString::fromStdString(name), set);
    menu.addSeparator();
    QWidget* const parent = menu.parentWidget();
    menu.addAction("Open sets…", &session, [&session, parent] {
        const QString path = QFileDialog::getOpenFileName(parent, "Open sets of experts", {}, kFiles);
        if (!path.isEmpty())
            complain(parent, session.sets().read(path));
    });
    menu.addAction("Save sets…", &session, [&session, parent] {
            const QString path = QFileDialog::getSaveFileName(parent, "Save sets of experts", "experts.json", kFiles);
            if (!path.isEmpty()) // the dialog has asked about what is there
                complain(parent, session.sets().write(path, true));
        })->setEnabled(!sets.empty());
}

}
