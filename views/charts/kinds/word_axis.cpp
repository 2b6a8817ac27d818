// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/word_axis.h"

namespace expertscope {

Axis wordAxis(QString title, const std::vector<std::string>& words)
{
    Axis axis{std::move(title), Axis::Scale::Cells};
    for (const std::string& word : words)
        axis.words.push_back(QString::fromStdString(word));
    return axis;
}

}
