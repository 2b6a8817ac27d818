// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every chart and view: chosen, it is shown in front.
#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette_item.h"

namespace expertscope {

std::vector<PaletteItem> viewItems(MainWindow& window, const QString&)
{
    std::vector<PaletteItem> items;
    ShownViews& views = window.views();
    const bool open = window.session().study() != nullptr;
    for (const QString& id : views.ids()) {
        const ViewSpec& spec = *views.spec(id);
        items.push_back({"panels." + id, "Open " + spec.title, views.isShown(id) ? "shown" : "chart",
            [&views, id] { views.show(id); }, {}, open});
        if (!id.startsWith("chart.") && !views.isShown(id))
            items.back().detail = "view";
    }
    return items;
}

}
