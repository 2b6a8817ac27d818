// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/actions/help_actions.h"

#include "app/desktop/actions/keys_help.h"
#include "app/desktop/main_window.h"
#include "io/base/version.h"

#include <QMenu>
#include <QMessageBox>

namespace expertscope {

HelpActions::HelpActions(MainWindow& window, QMenu& menu, ActionList& actions)
    : QObject(&window)
    , m_window(window)
{
    actions.add(&menu, "help.keys", "&Keys", "Keys of this view and of the window", QKeySequence("?"),
        [this] { showKeys(m_window, m_window.activeView()); });
    actions.needsTrace(actions.add(&menu, "help.definition", "&What is this?",
        "What the numbers of this view are: definition, source, parameters, what chance gives",
        QKeySequence("Shift+F1"), [this] { showDefinition(m_window, m_window.activeView()); }));
    actions.add(&menu, "help.about", "&About Expertscope", "Version and licence", QKeySequence("F1"), [this] {
        QMessageBox::about(&m_window, "About Expertscope",
            QString(
                "Expertscope %1\nHow mixture-of-experts models route their tokens.\n\nGPL-3.0-or-later; uses Qt %2, "
                "QCustomPlot and HDF5.")
                .arg(kVersion, qVersion()));
    });
}

}
