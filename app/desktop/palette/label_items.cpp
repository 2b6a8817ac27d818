// SPDX-License-Identifier: GPL-3.0-or-later
//
// Values of labels: keep or drop their sequences.
#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette_item.h"

namespace expertscope {

std::vector<PaletteItem> labelItems(MainWindow& window, const QString& query)
{
    std::vector<PaletteItem> items;
    const StudyPtr& study = window.session().study();
    if (!study)
        return items;
    Session& session = window.session();
    const RoutingShape& shape = window.session().shape();
    for (const Label& label : shape.labels) {
        const QString name = QString::fromStdString(label.name);
        for (const bool keep : {true, false}) {
            const QString verb = keep ? "Keep " : "Drop ", complete = verb.toLower() + name + ' ';
            if (query.trimmed().isEmpty() || (!complete.startsWith(query.toLower()) && label.values.size() > 1000)) {
                items.push_back({verb + "label:" + name, verb + name + " = …", "Tab: its values", {}, complete});
                continue;
            }
            for (const std::string& value : label.values) {
                const FilterStep step{LabelFilter{label.name, value}, keep};
                items.push_back({QString("%1label:%2=%3").arg(verb, name, QString::fromStdString(value)),
                    verb + name + " = " + QString::fromStdString(value),
                    keep ? "look only at these" : "leave these out",
                    [&session, step] { session.filters().add(step); }});
            }
        }
    }
    return items;
}

}
