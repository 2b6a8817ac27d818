// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/pyramid.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

void take(Pyramid::Summary& into, float max, float min, double sum, std::uint64_t count)
{
    if (count == 0)
        return;
    if (into.count == 0) {
        into.max = max;
        into.min = min;
    } else {
        into.max = std::max(into.max, max);
        into.min = std::min(into.min, min);
    }
    into.sum += sum;
    into.count += count;
}

}

std::pair<std::size_t, std::size_t> cellsOfPixel(
    std::size_t i, std::size_t n, double from, double to, std::size_t cells)
{
    const double step = (to - from) / double(n);
    double a = from + double(i) * step;
    double b = from + double(i + 1) * step;
    if (a > b)
        std::swap(a, b);
    double first = std::floor(a), last = std::ceil(b);
    if (b - a < 1) {
        first = std::floor((a + b) / 2);
        last = first + 1;
    }
    first = std::max(first, 0.0);
    last = std::min(last, double(cells));
    if (!(first < last))
        return {0, 0};
    return {std::size_t(first), std::size_t(last)};
}

const char* reducerName(Reducer reducer)
{
    switch (reducer) {
    case Reducer::Max:
        return "max";
    case Reducer::Mean:
        return "mean";
    case Reducer::Extreme:
        return "extreme";
    }
    return "";
}

Pyramid::Pyramid(std::size_t rows, std::size_t columns, std::vector<float> values)
    : m_rows(rows)
    , m_columns(columns)
    , m_values(std::move(values))
{
    assert(m_values.size() == rows * columns);
    for (std::size_t below = columns; below > kFactor;) {
        Level level;
        level.columns = (below + kFactor - 1) / kFactor;
        const std::size_t size = rows * level.columns;
        level.max.resize(size);
        level.min.resize(size);
        level.sum.resize(size);
        level.count.resize(size);
        const Level* previous = m_levels.empty() ? nullptr : &m_levels.back();
        for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t c = 0; c < level.columns; ++c) {
                Summary s{kNaN, kNaN};
                for (std::size_t i = c * kFactor; i < std::min((c + 1) * kFactor, below); ++i) {
                    const std::size_t at = r * below + i;
                    if (previous)
                        take(s, previous->max[at], previous->min[at], previous->sum[at], previous->count[at]);
                    else if (!std::isnan(m_values[at]))
                        take(s, m_values[at], m_values[at], m_values[at], 1);
                }
                const std::size_t to = r * level.columns + c;
                level.max[to] = s.max;
                level.min[to] = s.min;
                level.sum[to] = float(s.sum);
                level.count[to] = std::uint32_t(s.count);
            }
        }
        below = level.columns;
        m_levels.push_back(std::move(level));
    }
}

float Pyramid::Summary::reduced(Reducer reducer, double centre, bool log) const
{
    if (count == 0)
        return kNaN;
    switch (reducer) {
    case Reducer::Max:
        return max;
    case Reducer::Mean:
        return float(sum / double(count));
    case Reducer::Extreme: {
        const auto distance = [&](float v) {
            return log ? std::abs(std::log2(std::max(double(v), 1e-300) / centre)) : std::abs(double(v) - centre);
        };
        return distance(max) >= distance(min) ? max : min;
    }
    }
    return kNaN;
}

void Pyramid::accumulate(std::size_t row, std::size_t column0, std::size_t column1, Summary& into) const
{
    // Ragged ends at fine levels, the middle at the coarsest level that fits: exact, and few steps for any width.
    std::size_t level = 0, size = 1, c = column0;
    while (c < column1) {
        while (level < m_levels.size() && c % (size * kFactor) == 0
            && (c + size * kFactor <= column1 || column1 == m_columns)) {
            size *= kFactor;
            ++level;
        }
        while (level > 0 && (c % size != 0 || (c + size > column1 && column1 != m_columns))) {
            size /= kFactor;
            --level;
        }
        if (level == 0) {
            const float v = at(row, c);
            if (!std::isnan(v))
                take(into, v, v, v, 1);
        } else {
            const Level& l = m_levels[level - 1];
            const std::size_t i = row * l.columns + c / size;
            take(into, l.max[i], l.min[i], l.sum[i], l.count[i]);
        }
        c += size;
    }
}

Pyramid::Summary Pyramid::summarise(std::size_t row0, std::size_t row1, std::size_t column0, std::size_t column1) const
{
    Summary s{kNaN, kNaN};
    column1 = std::min(column1, m_columns);
    for (std::size_t r = row0; r < std::min(row1, m_rows); ++r)
        accumulate(r, column0, column1, s);
    return s;
}

std::vector<float> Pyramid::render(const View& view, Reducer reducer, double centre, bool log) const
{
    std::vector<float> image(view.width * view.height, kNaN);
    std::vector<std::pair<std::size_t, std::size_t>> columns(view.width);
    for (std::size_t x = 0; x < view.width; ++x)
        columns[x] = cellsOfPixel(x, view.width, view.left, view.right, m_columns);
    std::pair<std::size_t, std::size_t> last{0, 0};
    for (std::size_t y = 0; y < view.height; ++y) {
        const auto rows = cellsOfPixel(y, view.height, view.top, view.bottom, m_rows);
        float* const line = image.data() + y * view.width;
        if (rows.first == rows.second)
            continue;
        if (y > 0 && rows == last) { // tall cells: the line above is the same
            std::copy(line - view.width, line, line);
            continue;
        }
        last = rows;
        for (std::size_t x = 0; x < view.width; ++x) {
            const auto [c0, c1] = columns[x];
            if (c0 == c1)
                continue;
            line[x] = rows.second - rows.first == 1 && c1 - c0 == 1
                ? at(rows.first, c0)
                : summarise(rows.first, rows.second, c0, c1).reduced(reducer, centre, log);
        }
    }
    return image;
}

}
