// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/nearest.h"

#include "io/base/text.h"

#include <algorithm>
#include <cctype>

namespace expertscope {

namespace {

constexpr std::size_t kMostSuggested = 3, kLeastPart = 3;

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

/// Who writes LRU means lru.
std::string lower(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return text;
}

}

std::string nearestOf(const std::string& word, const std::vector<std::string>& known)
{
    constexpr std::size_t kLongest = 80; // nobody's slip, and the table is of both lengths
    if (word.size() > kLongest)
        return {};
    const std::string asked = lower(word);
    const auto apart = [&](const std::string& candidate) { return distance(asked, lower(candidate)); };
    const auto nearest = std::ranges::min_element(known, {}, apart);
    if (nearest == known.end())
        return {};
    // A word of which nothing is left over is no likeness.
    const std::size_t letters = apart(*nearest);
    const bool near = letters < word.size() && letters <= std::max<std::size_t>(word.size() / 3, 1);
    return near ? *nearest : std::string();
}

std::string didYouMean(const std::string& word, const std::vector<std::string>& known)
{
    if (const std::string nearest = nearestOf(word, known); !nearest.empty())
        return "did you mean " + nearest + "?";
    std::vector<std::string> longer;
    for (const std::string& candidate : known) {
        if (word.size() >= kLeastPart && lower(candidate).find(lower(word)) != std::string::npos)
            longer.push_back(candidate);
    }
    return longer.empty() || longer.size() > kMostSuggested ? std::string()
                                                            : "did you mean " + joined(longer, " or ") + "?";
}

std::string nearestHint(const std::string& word, const std::vector<std::string>& known, const std::string& rest)
{
    std::string hint = didYouMean(word, known);
    addPart(hint, rest, " ");
    return hint;
}

}
