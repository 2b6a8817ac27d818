// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

namespace expertscope {

/// How well `query` is found in `text`, higher is better: each of its words must be there, its letters in order. Whole
/// words beat beginnings of words, these beat letters that are scattered. None: it is not there. An empty query is
/// found anywhere, with 0.
std::optional<int> fuzzyScore(const QString& query, const QString& text);

}
