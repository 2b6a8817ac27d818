// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/colour_table.h"

#include "views/paint/resources.h"

#include <QFile>

#include <algorithm>
#include <cmath>

namespace expertscope {

const QStringList& colourTableNames()
{
    static const QStringList names{"viridis", "cividis", "batlow", "vik", "berlin"};
    return names;
}

Expected<ColourTable> colourTable(const QString& name)
{
    if (!colourTableNames().contains(name))
        return fail("no colour table of this name", name.toStdString(),
            "there are " + colourTableNames().join(", ").toStdString());
    ensurePaintResources();
    QFile file(":/expertscope/colours/" + name + ".csv");
    if (!file.open(QIODevice::ReadOnly))
        return fail("colour table is missing from the program", name.toStdString());
    ColourTable table;
    table.name = name;
    std::size_t row = 0;
    for (const QByteArray& line : file.readAll().split('\n')) {
        if (line.startsWith('#')) {
            table.diverging = table.diverging || line.contains("diverging");
            continue;
        }
        if (line.isEmpty())
            continue;
        const auto parts = line.split(',');
        std::array<int, 3> rgb{};
        bool ok = parts.size() == 3 && row < 256;
        for (int i = 0; ok && i < 3; ++i) {
            rgb[i] = parts[i].toInt(&ok);
            ok = ok && rgb[i] >= 0 && rgb[i] <= 255;
        }
        if (!ok)
            return fail("colour table is damaged", name.toStdString());
        table.entries[row++] = qRgb(rgb[0], rgb[1], rgb[2]);
    }
    if (row != 256)
        return fail("colour table has not 256 entries", name.toStdString());
    return table;
}

double ColourScale::position(double value) const
{
    if (std::isnan(value))
        return value;
    double t = 0;
    if (kind == ScaleKind::Log2)
        t = value > 0 ? (std::log2(value) - std::log2(low)) / (std::log2(high) - std::log2(low)) : 0;
    else
        t = (value - low) / (high - low);
    return std::clamp(t, 0.0, 1.0);
}

double ColourScale::valueAt(double position) const
{
    if (kind == ScaleKind::Log2)
        return std::exp2(std::log2(low) + position * (std::log2(high) - std::log2(low)));
    return low + position * (high - low);
}

}
