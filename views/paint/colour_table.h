// SPDX-License-Identifier: GPL-3.0-or-later
//
// Published 256-entry colour tables (resources/colours) and the scale that turns a value into one of their entries.
#pragma once

#include "io/base/error.h"

#include <QColor>
#include <QString>
#include <QStringList>

#include <array>

namespace expertscope {

struct ColourTable
{
    QString name;
    bool diverging = false; ///< has a neutral middle, between entries 127 and 128
    std::array<QRgb, 256> entries{};
};

/// viridis, cividis, batlow (sequential), vik (diverging), berlin (diverging, dark in the middle).
const QStringList& colourTableNames();
/// Error: no table of that name.
Expected<ColourTable> colourTable(const QString& name);

enum class ScaleKind
{
    Linear,
    Log2
};

/// Value -> colour. Values beyond the limits take the end colours; NaN has none.
struct ColourScale
{
    ColourTable table;
    ScaleKind kind = ScaleKind::Linear;
    double low = 0; ///< > 0 when kind is Log2
    double high = 1; ///< > low

    /// 0 at `low`, 1 at `high`, clamped; NaN stays NaN. Log2: zero and negative values lie at 0.
    double position(double value) const;
    /// Inverse of position() inside the limits.
    double valueAt(double position) const;
    QRgb colour(double value) const { return table.entries[index(position(value))]; }
    /// Entry for a position in [0, 1]: each entry covers 1/256 of the scale.
    static std::size_t index(double position)
    {
        return position >= 1 ? 255 : position > 0 ? static_cast<std::size_t>(position * 256) : 0;
    }
};

/// Cells that hold no value (this layer has fewer experts).
inline constexpr QRgb kNoDataColour = 0xffdddddd;
/// Cells of experts that were never chosen, where they are too small for a cross. In none of the tables.
inline constexpr QRgb kMarkColour = 0xffff3ea5;

}
