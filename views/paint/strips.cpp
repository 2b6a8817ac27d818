// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/strips.h"

#include <array>
#include <limits>

namespace expertscope {

double Strips::value(std::size_t row, std::size_t column) const
{
    return has(row, column) ? double(at(row, column)) : std::numeric_limits<double>::quiet_NaN();
}

int Strips::colourOf(std::size_t row, std::size_t column) const
{
    const std::uint16_t number = at(row, column);
    return number == kNothing ? kNone : categories.colourOf(number);
}

std::vector<int> Strips::render(const Pyramid::View& view) const
{
    std::vector<int> image(view.width * view.height, kNone);
    constexpr int kFirst = kMixed; // colours from the rest on are counted
    for (std::size_t y = 0; y < view.height; ++y) {
        const auto [r0, r1] = cellsOfPixel(y, view.height, view.top, view.bottom, numRows);
        for (std::size_t x = 0; x < view.width; ++x) {
            const auto [c0, c1] = cellsOfPixel(x, view.width, view.left, view.right, numColumns);
            std::array<std::uint32_t, 16> counts{};
            std::uint32_t all = 0;
            for (std::size_t r = r0; r < r1; ++r) {
                for (std::size_t c = c0; c < c1; ++c) {
                    if (const int colour = colourOf(r, c); colour != kNone) {
                        ++counts[std::size_t(colour - kFirst)];
                        ++all;
                    }
                }
            }
            if (all == 0)
                continue;
            int& pixel = image[y * view.width + x];
            pixel = kMixed;
            for (std::size_t i = 0; i < counts.size(); ++i) {
                if (2 * counts[i] > all)
                    pixel = int(i) + kFirst;
            }
        }
    }
    return image;
}

}
