// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/palette/palette_item.h"

// One line a kind of thing: `std::vector<PaletteItem> NAMEItems(MainWindow&, const QString& query)` is defined in
// NAME_items.cpp.
#define EXPERTSCOPE_PALETTE(PROVIDER)                                                                                  \
    PROVIDER(expert)                                                                                                   \
    PROVIDER(site)                                                                                                     \
    PROVIDER(label)                                                                                                    \
    PROVIDER(value)                                                                                                    \
    PROVIDER(action)                                                                                                   \
    PROVIDER(view)                                                                                                     \
    PROVIDER(question)                                                                                                 \
    PROVIDER(file)

namespace expertscope {

#define DECLARE(NAME) std::vector<PaletteItem> NAME##Items(MainWindow& window, const QString& query);
EXPERTSCOPE_PALETTE(DECLARE)
#undef DECLARE

const std::vector<PaletteProvider>& paletteProviders()
{
#define LIST(NAME) {#NAME, NAME##Items},
    static const std::vector<PaletteProvider> providers{EXPERTSCOPE_PALETTE(LIST)};
#undef LIST
    return providers;
}

}
