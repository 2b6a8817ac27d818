// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layer.h"

#include <cmath>
#include <memory>

namespace expertscope {

namespace {

template <class T> const T& dataOf(const T& layer)
{
    return layer;
}
template <class T> const T& dataOf(const std::shared_ptr<const T>& layer)
{
    static const T none{};
    return layer ? *layer : none;
}

/// Calls `ask` with the data of the layer, whatever kind it is.
template <class Ask> auto of(const Layer& layer, const Ask& ask)
{
    return std::visit([&](const auto& held) { return ask(dataOf(held)); }, layer);
}

}

std::size_t LayerMarks::rows() const
{
    return of(m_layer, [](const auto& data) { return data.rows(); });
}

std::size_t LayerMarks::columns(std::size_t row) const
{
    return of(m_layer, [&](const auto& data) { return data.columns(row); });
}

bool LayerMarks::has(std::size_t row, std::size_t column) const
{
    return of(m_layer, [&](const auto& data) { return data.has(row, column); });
}

double LayerMarks::value(std::size_t row, std::size_t column) const
{
    return of(m_layer, [&](const auto& data) { return double(data.value(row, column)); });
}

double LayerMarks::place(std::size_t row, std::size_t column) const
{
    return of(m_layer, [&](const auto& data) {
        if constexpr (requires { data.place(row, column); })
            return data.place(row, column);
        else
            return double(column);
    });
}

bool LayerMarks::isReference(std::size_t row) const
{
    return of(m_layer, [&](const auto& data) {
        if constexpr (requires { data.isReference(row); })
            return data.isReference(row);
        else
            return false;
    });
}

std::optional<std::pair<std::size_t, std::size_t>> LayerMarks::first() const
{
    for (std::size_t r = 0; r < rows(); ++r)
        for (std::size_t c = 0; c < columns(r); ++c)
            if (has(r, c))
                return std::pair{r, c};
    return {};
}

std::optional<std::size_t> LayerMarks::nearest(std::size_t from, std::size_t column, std::size_t row) const
{
    std::optional<std::size_t> best;
    double least = 0;
    for (std::size_t c = 0; c < columns(row); ++c) {
        const double distance = std::abs(place(row, c) - place(from, column));
        if (has(row, c) && (!best || distance < least)) {
            best = c;
            least = distance;
        }
    }
    return best;
}

void extend(Extent& extent, const Layer& layer, bool alongX)
{
    of(layer, [&](const auto& data) {
        if constexpr (requires { data.extend(extent, alongX); })
            data.extend(extent, alongX);
    });
}

std::vector<LegendEntry> legendOf(const Layer& layer)
{
    return of(layer, [](const auto& data) {
        if constexpr (requires { data.legend(); })
            return data.legend();
        else
            return std::vector<LegendEntry>();
    });
}

std::optional<std::pair<double, double>> keyedValues(const Layer& layer)
{
    return of(layer, [](const auto& data) -> std::optional<std::pair<double, double>> {
        if constexpr (requires { data.keyedValues(); })
            return data.keyedValues();
        else
            return std::nullopt;
    });
}

}
