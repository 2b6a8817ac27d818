// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/actions/edit_actions.h"

#include "app/desktop/main_window.h"
#include "views/panels/chart_command.h"
#include "views/widgets/chart_view.h"
#include "views/widgets/filter_bar.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QMenu>

namespace expertscope {

namespace {

constexpr const char* kText = "tokens.text"; ///< the view of the text

}

EditActions::EditActions(MainWindow& window, QMenu& menu, ActionList& actions)
    : QObject(&window)
    , m_window(window)
{
    addSteps(menu);
    menu.addSeparator();
    actions.needsTrace(
        actions.add(&menu, "edit.filter", "&Filter by label…", "Look only at the tokens of some sequences",
            QKeySequence("Ctrl+K"), [this] { m_window.filters().openPicker(); }));
    actions.needsTrace(actions.add(&menu, "edit.clearFilters", "C&lear filters", "Look at all tokens again",
        QKeySequence("Ctrl+Shift+K"), [this] { m_window.session().filters().clear(); }));
    m_find = actions.add(&menu, "edit.find", "F&ind in the text…",
        "Find words, expressions, ids or experts in the text of the trace", QKeySequence("Ctrl+F"), [this] { find(); });
    menu.addSeparator();
    addCopies(menu, actions);
    connect(&window, &MainWindow::stateChanged, this, &EditActions::update);
}

void EditActions::addStep(
    QMenu& menu, QAction* action, const QString& id, const QString& tip, const QKeySequence& shortcut)
{
    const QString told = tip + "  (" + shortcut.toString(QKeySequence::NativeText) + ")";
    action->setObjectName(id);
    action->setShortcut(shortcut);
    action->setToolTip(told);
    action->setIconText(action->text().remove('&')); // of its button, which must not grow with what it undoes
    // QUndoStack changes text and tool tip with each step.
    connect(action, &QAction::changed, this, [action, told] {
        if (action->toolTip() != told)
            action->setToolTip(told);
    });
    menu.addAction(action);
}

void EditActions::addSteps(QMenu& menu)
{
    Session& session = m_window.session();
    addStep(menu, session.undo().createUndoAction(&m_window, "&Undo"), "edit.undo",
        "Take back the last filter or option", QKeySequence("Ctrl+Z"));
    addStep(menu, session.undo().createRedoAction(&m_window, "&Redo"), "edit.redo", "Do it again",
        QKeySequence("Ctrl+Shift+Z"));
    addStep(menu, session.looks().createUndoAction(&m_window, "&Back"), "look.back",
        "Back to what was pinned and zoomed to before", QKeySequence("Alt+Left"));
    addStep(menu, session.looks().createRedoAction(&m_window, "For&ward"), "look.forward", "Forward again",
        QKeySequence("Alt+Right"));
}

void EditActions::addCopies(QMenu& menu, ActionList& actions)
{
    const auto copy = [](const QString& text) { QApplication::clipboard()->setText(text); };
    m_readout = actions.add(&menu, "edit.copyReadout", "&Copy readout", "Copy the numbers of what is pointed at",
        QKeySequence::Copy, [this, copy] {
            if (View* view = m_window.readoutView(); view && !view->readout().isEmpty())
                copy(view->readout());
        });
    m_numbers = actions.add(&menu, "edit.copyTable", "Copy &numbers", "Copy all numbers of the view as CSV",
        QKeySequence("Ctrl+Shift+C"), [this, copy] {
            if (const QByteArray csv = m_window.activeView()->csv(); !csv.isEmpty())
                copy(QString::fromUtf8(csv));
        });
    m_picture = actions.add(&menu, "edit.copyPicture", "Copy &picture", "Copy the picture as it is seen",
        QKeySequence("Ctrl+Alt+C"), [this] { m_window.activeView()->chartView()->copyPicture(); });
    m_command = actions.add(&menu, "edit.copyCommand", "Copy as command &line",
        "Copy the command that draws this figure in a shell", QKeySequence("Ctrl+L"), [this] { copyCommand(); });
}

/// In the view that has the focus, where it can be searched; else in the text, which is shown for that.
void EditActions::find()
{
    if (m_window.activeView()->find())
        return;
    m_window.views().show(kText);
    if (View* text = m_window.view(kText))
        text->find();
}

void EditActions::copyCommand()
{
    const ChartCommand command = commandOf(*m_window.activeView()->chartView(), *m_window.session().study());
    QApplication::clipboard()->setText(command.text);
    m_window.say(command.unsaid.isEmpty() ? QString("Copied: %1").arg(command.text)
                                          : "Copied, without what has no option: " + command.unsaid.join(", "));
}

void EditActions::update()
{
    const bool open = m_window.session().study() != nullptr;
    const View *view = m_window.activeView(), *pointed = m_window.readoutView();
    const ChartView* chart = view ? view->chartView() : nullptr;
    m_find->setEnabled(open && m_window.views().spec(kText));
    m_readout->setEnabled(open && pointed && !pointed->readout().isEmpty());
    m_numbers->setEnabled(open && view);
    m_picture->setEnabled(open && chart && chart->chart());
    m_command->setEnabled(open && chart && chart->chart());
}

}
