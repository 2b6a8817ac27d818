// SPDX-License-Identifier: GPL-3.0-or-later
//
// A drawing before it has a size: plain data, the same for the screen and for paper. PlotBuilder alone knows both this
// and QCustomPlot.
#pragma once

#include "views/paint/colour_table.h"
#include "views/paint/layer.h"

#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace expertscope {

struct Axis
{
    enum class Scale
    {
        Cells, ///< rows or columns of a raster, categories of bars
        Linear,
        Log2,
        Log10,
        None ///< no axis: running text
    };
    QString title; ///< quantity and unit
    Scale scale = Scale::Linear;
    double low = 0, high = 0; ///< what is shown at first; equal: from the data, rounded
    bool whole = false; ///< only whole numbers are ticked: layers, slots
    std::vector<int> names = {}; ///< Cells: of each row or column
    std::vector<QString> words = {}; ///< Cells: the same, where they are words
    bool decimal = false; ///< Cells: ticked in tens, as tokens are counted; experts and layers come in powers of two

    std::size_t cells() const { return words.empty() ? names.size() : words.size(); }
};

struct Panel
{
    Axis x, y;
    std::vector<Layer> layers;
    QString title = {};
};

/// How values of heat maps become colours; resolved: nothing is left open.
struct ColourKey
{
    ColourScale scale;
    Reducer reducer = Reducer::Max;
    QString title; ///< quantity and unit
};

struct Picture
{
    std::vector<Panel> panels;
    std::size_t columns = 1; ///< of panels, at most
    std::optional<ColourKey> key = {}; ///< of all heat maps of it
    QString note = {}; ///< what is not drawn, in words
    QString title = {}; ///< above all of it
};
using PicturePtr = std::shared_ptr<const Picture>;

/// A place in a picture: a cell of a heat map, or of curves the curve (row) and its point (column); LayerMarks knows
/// all.
struct Mark
{
    std::uint16_t panel = 0, layer = 0;
    std::uint32_t row = 0, column = 0;

    bool operator==(const Mark&) const = default;
};

/// The mark `rows` further down and `columns` further right, clamped at the ends: for arrow keys. Cells step over those
/// that hold nothing; points over gaps; `rows` of curves goes to the next curve at the nearest x. Without `from`: the
/// first mark. None: the picture has no marks.
std::optional<Mark> steppedMark(const Picture& picture, std::optional<Mark> from, int rows, int columns);

/// What a user may choose of colours and scale; what is left open follows the data.
struct Look
{
    QString colours = {}; ///< name of a colour table
    std::optional<ScaleKind> scale = {};
    std::optional<std::pair<double, double>> limits = {};
    std::optional<double> percentile = {}; ///< without limits: so many percent of the cells lie within them
    std::optional<Reducer> reducer = {};

    bool operator==(const Look&) const = default;
};

}
