// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions on recorded values, as --having has them: the tokens of a loss, of a router's entropy or margin.
#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette_item.h"

namespace expertscope {

std::vector<PaletteItem> valueItems(MainWindow& window, const QString& query)
{
    if (!window.session().study())
        return {};
    const auto condition = parseValueCondition(query.trimmed().remove(' ').toStdString(), {});
    if (!condition)
        return {};
    Session& session = window.session();
    const FilterStep step{*condition, true};
    if (!fits(step, session.shape()))
        return {};
    return {{"Keep value:" + QString::fromStdString(valueConditionText(*condition)),
        "Keep the tokens with " + filterText(step, session.shape()), "look only at these",
        [&session, step] { session.filters().add(step); }}};
}

}
