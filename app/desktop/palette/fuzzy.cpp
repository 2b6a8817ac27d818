// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/palette/fuzzy.h"

#include <QStringList>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kWhole = 100, kBegins = 80, kInside = 50, kScattered = 20;

bool startsWord(const QString& text, qsizetype at)
{
    return at == 0 || !text[at - 1].isLetterOrNumber();
}

bool endsWord(const QString& text, qsizetype end)
{
    return end == text.size() || !text[end].isLetterOrNumber();
}

/// Of one word in text of small letters.
std::optional<int> scoreOf(const QString& word, const QString& text)
{
    int best = 0;
    for (qsizetype at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
        const bool starts = startsWord(text, at), ends = endsWord(text, at + word.size());
        best = std::max(best, starts && ends ? kWhole : starts ? kBegins : kInside);
    }
    if (best > 0)
        return best;
    // Letters in order: the fewer pieces, the better.
    int pieces = 0;
    qsizetype at = -1;
    for (const QChar letter : word) {
        const qsizetype next = text.indexOf(letter, at + 1);
        if (next < 0)
            return {};
        pieces += next != at + 1 || pieces == 0;
        at = next;
    }
    // Scattered all over a sentence, they are there by chance.
    return pieces * 2 <= word.size() + 1 ? std::optional(kScattered - pieces) : std::nullopt;
}

}

std::optional<int> fuzzyScore(const QString& query, const QString& text)
{
    const QString lower = text.toLower();
    int total = 0;
    for (const QString& word : query.toLower().split(' ', Qt::SkipEmptyParts)) {
        const auto score = scoreOf(word, lower);
        if (!score)
            return {};
        total += *score;
    }
    return total;
}

}
