// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/palette/palette_item.h"

#include "app/desktop/palette/fuzzy.h"

#include <QStringList>

#include <algorithm>

namespace expertscope {

std::vector<PaletteItem> paletteItems(
    MainWindow& window, const QString& query, const QStringList& recent, std::size_t most)
{
    constexpr int kRecent = 30, kDisabled = -40; ///< less than a whole word against a beginning, more than nothing
    std::vector<PaletteItem> found;
    for (const PaletteProvider& provider : paletteProviders()) {
        for (PaletteItem& item : provider.items(window, query)) {
            if (item.score < 0) {
                const auto score = fuzzyScore(query, item.text);
                if (!score)
                    continue;
                item.score = *score;
            }
            if (const qsizetype place = recent.indexOf(item.id); place >= 0)
                item.score += kRecent - int(std::min<qsizetype>(place, kRecent - 1));
            item.score += item.enabled ? 0 : kDisabled;
            found.push_back(std::move(item));
        }
    }
    std::ranges::stable_sort(found, std::greater(), &PaletteItem::score);
    if (found.size() > most)
        found.resize(most);
    return found;
}

}
