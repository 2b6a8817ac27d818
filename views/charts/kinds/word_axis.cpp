// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/word_axis.h"

#include <QStringList>

namespace expertscope {

Axis wordAxis(QString title, const std::vector<std::string>& words)
{
    Axis axis{std::move(title), Axis::Scale::Cells};
    QStringList key;
    for (std::size_t i = 0; i < words.size(); ++i) {
        axis.names.push_back(int(i));
        key << QString::number(i) + ' ' + QString::fromStdString(words[i]);
    }
    if (words.size() <= 8)
        axis.title += ": " + key.join(", ");
    return axis;
}

}
