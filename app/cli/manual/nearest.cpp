// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/manual/nearest.h"

#include <algorithm>

namespace expertscope {

namespace {

/// Letters to be put in, taken out, changed or swapped with the next one between two words.
std::size_t distance(const std::string& a, const std::string& b)
{
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

}

std::string nearestOf(const std::string& word, const std::vector<std::string>& known)
{
    const auto nearest =
        std::ranges::min_element(known, {}, [&](const std::string& candidate) { return distance(word, candidate); });
    const bool near = nearest != known.end() && distance(word, *nearest) <= std::max<std::size_t>(word.size() / 3, 1);
    return near ? *nearest : std::string();
}

}
