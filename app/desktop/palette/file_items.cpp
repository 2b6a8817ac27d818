// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traces opened lately.
#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette_item.h"
#include "app/desktop/start/recent_files.h"

#include <QFileInfo>

namespace expertscope {

std::vector<PaletteItem> fileItems(MainWindow& window, const QString&)
{
    std::vector<PaletteItem> items;
    for (const QString& path : recentFiles())
        items.push_back({"file:" + path, "Open " + QFileInfo(path).fileName(), QFileInfo(path).absolutePath(),
            [&window, path] { window.open({path}); }, {}, QFileInfo::exists(path)});
    return items;
}

}
