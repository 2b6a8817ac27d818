// SPDX-License-Identifier: GPL-3.0-or-later
//
// Layers: chosen, they are pinned, and charts of one layer go along; completed, they list their experts.
#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette_item.h"
#include "views/charts/wording.h"

namespace expertscope {

std::vector<PaletteItem> siteItems(MainWindow& window, const QString&)
{
    std::vector<PaletteItem> items;
    const StudyPtr& study = window.session().study();
    if (!study)
        return items;
    const RoutingShape& shape = window.session().shape();
    for (std::size_t s = 0; s < shape.sites.size(); ++s) {
        const SiteIndex site{std::uint16_t(s)};
        const QString text = siteText(shape, site);
        Session& session = window.session();
        items.push_back({QString("site:%1").arg(s), "Go to " + text.toLower(), "Tab: its experts",
            [&session, site, text] { session.selection().setPins({{.site = site}}, nullptr, "pin " + text.toLower()); },
            text.toLower() + " expert "});
    }
    return items;
}

}
