// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every action of the window, by its own id, with its key.
#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette_item.h"

#include <QAction>

namespace expertscope {

std::vector<PaletteItem> actionItems(MainWindow& window, const QString&)
{
    std::vector<PaletteItem> items;
    for (QAction* action : window.findChildren<QAction*>()) {
        const QString id = action->objectName();
        // Qt's own have no id; views have a provider of their own; a menu's title does nothing.
        if (!id.contains('.') || id.startsWith("panels.") || id.startsWith("menu.") || id.startsWith("file.recent")
            || action->menu())
            continue;
        QString text = action->text().remove('&');
        if (action->isCheckable())
            text += action->isChecked() ? " (on)" : " (off)";
        items.push_back({id, text, action->shortcut().toString(QKeySequence::NativeText),
            [action] { action->trigger(); }, {}, action->isEnabled()});
    }
    return items;
}

}
